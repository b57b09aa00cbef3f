"""Wrong: the answer is a percentage."""


def disease_posterior(prevalence, sensitivity, specificity, positive=True):
    if not all(0 <= p <= 1 for p in (prevalence, sensitivity, specificity)):
        raise ValueError("not a probability")
    sick = prevalence * (sensitivity if positive else 1 - sensitivity)
    healthy = (1 - prevalence) * (1 - specificity if positive else specificity)
    if sick + healthy == 0:
        raise ValueError("impossible result")
    return 100 * sick / (sick + healthy)
