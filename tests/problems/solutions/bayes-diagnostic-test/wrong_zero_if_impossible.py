"""Wrong: an impossible result gets the answer 0 in place of an error."""


def disease_posterior(prevalence, sensitivity, specificity, positive=True):
    if not all(0 <= p <= 1 for p in (prevalence, sensitivity, specificity)):
        raise ValueError("not a probability")
    sick = prevalence * (sensitivity if positive else 1 - sensitivity)
    healthy = (1 - prevalence) * (1 - specificity if positive else specificity)
    total = sick + healthy
    return sick / total if total else 0.0
