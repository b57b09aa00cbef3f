def disease_posterior(
    prevalence: float, sensitivity: float, specificity: float, positive: bool = True
) -> float:
    """The probability of the disease, given the result of the test."""
    # 1. Refuse what is not a probability.
    # 2. How probable is this result if the person is sick, and if healthy?
    # 3. Weigh, add up, divide.
    return 0.5
