def disease_posterior(
    prevalence: float, sensitivity: float, specificity: float, positive: bool = True
) -> float:
    if not all(0 <= p <= 1 for p in (prevalence, sensitivity, specificity)):
        raise ValueError("prevalence, sensitivity and specificity must lie in [0, 1]")
    if_sick = sensitivity if positive else 1 - sensitivity
    if_healthy = 1 - specificity if positive else specificity
    sick_with_result = if_sick * prevalence
    evidence = sick_with_result + if_healthy * (1 - prevalence)
    if evidence == 0:
        raise ValueError("this result has probability zero")
    return sick_with_result / evidence
