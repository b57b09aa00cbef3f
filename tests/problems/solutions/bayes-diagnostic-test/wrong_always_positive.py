"""Wrong: the result is ignored and taken for positive."""


def disease_posterior(prevalence, sensitivity, specificity, positive=True):
    if not all(0 <= p <= 1 for p in (prevalence, sensitivity, specificity)):
        raise ValueError("not a probability")
    sick = prevalence * sensitivity
    healthy = (1 - prevalence) * (1 - specificity)
    if sick + healthy == 0:
        raise ValueError("impossible result")
    return sick / (sick + healthy)
