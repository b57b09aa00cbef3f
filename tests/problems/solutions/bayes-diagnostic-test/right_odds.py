"""Right: prior odds times likelihood ratio, with care where a ratio would divide by zero."""


def disease_posterior(prevalence, sensitivity, specificity, positive=True):
    for p in (prevalence, sensitivity, specificity):
        if p < 0 or p > 1:
            raise ValueError("not a probability")
    sick = sensitivity if positive else 1 - sensitivity
    healthy = 1 - specificity if positive else specificity
    against = healthy * (1 - prevalence)
    if against == 0:
        if sick * prevalence == 0:
            raise ValueError("impossible result")
        return 1.0
    odds = (sick / healthy) * (prevalence / (1 - prevalence))
    return odds / (1 + odds)
