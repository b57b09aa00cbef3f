"""Right: decimals of fifty digits."""

from decimal import Decimal, localcontext


def disease_posterior(prevalence, sensitivity, specificity, positive=True):
    with localcontext() as context:
        context.prec = 50
        p, se, sp = Decimal(prevalence), Decimal(sensitivity), Decimal(specificity)
        if any(not 0 <= q <= 1 for q in (p, se, sp)):
            raise ValueError("not a probability")
        sick = p * (se if positive else 1 - se)
        total = sick + (1 - p) * (1 - sp if positive else sp)
        if total == 0:
            raise ValueError("impossible result")
        return float(sick / total)
