"""Right: exact fractions, a float at the end."""

from fractions import Fraction


def disease_posterior(prevalence, sensitivity, specificity, positive=True):
    p, se, sp = map(Fraction, (prevalence, sensitivity, specificity))
    if min(p, se, sp) < 0 or max(p, se, sp) > 1:
        raise ValueError("not a probability")
    if not positive:
        se, sp = 1 - se, 1 - sp
    hits, alarms = p * se, (1 - p) * (1 - sp)
    if hits + alarms == 0:
        raise ValueError("impossible result")
    return float(hits / (hits + alarms))
