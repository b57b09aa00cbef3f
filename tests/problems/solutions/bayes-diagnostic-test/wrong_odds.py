"""Wrong: the odds of the disease in place of its probability."""


def disease_posterior(prevalence, sensitivity, specificity, positive=True):
    if not all(0 <= p <= 1 for p in (prevalence, sensitivity, specificity)):
        raise ValueError("not a probability")
    sick = prevalence * (sensitivity if positive else 1 - sensitivity)
    healthy = (1 - prevalence) * (1 - specificity if positive else specificity)
    if sick + healthy == 0:
        raise ValueError("impossible result")
    return sick / healthy if healthy else float("inf")
