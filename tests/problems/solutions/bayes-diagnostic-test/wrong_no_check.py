"""Wrong: what is no probability is not refused."""


def disease_posterior(prevalence, sensitivity, specificity, positive=True):
    sick = prevalence * (sensitivity if positive else 1 - sensitivity)
    healthy = (1 - prevalence) * (1 - specificity if positive else specificity)
    if sick + healthy == 0:
        raise ValueError("impossible result")
    return sick / (sick + healthy)
