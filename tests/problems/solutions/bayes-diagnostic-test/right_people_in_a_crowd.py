"""Right: counts of people in a crowd of a million, as floats."""

CROWD = 1e6


def disease_posterior(prevalence, sensitivity, specificity, positive=True):
    if not (0 <= prevalence <= 1 and 0 <= sensitivity <= 1 and 0 <= specificity <= 1):
        raise ValueError("not a probability")
    sick = CROWD * prevalence
    healthy = CROWD - sick
    found = sick * sensitivity
    cleared = healthy * specificity
    having, not_sick = (found, healthy - cleared) if positive else (sick - found, cleared)
    if having + not_sick <= 0:
        raise ValueError("impossible result")
    return having / (having + not_sick)
