"""A table of hypotheses, gone through in a loop with exact fractions."""

from fractions import Fraction


def disease_posterior(
    prevalence: float, sensitivity: float, specificity: float, positive: bool = True
) -> float:
    for share in (prevalence, sensitivity, specificity):
        if share < 0 or share > 1:
            raise ValueError(f"{share} is not a probability")

    ill, found, cleared = Fraction(prevalence), Fraction(sensitivity), Fraction(specificity)
    # (the prior, the likelihood of a positive result) of either hypothesis
    hypotheses = {"sick": (ill, found), "healthy": (1 - ill, 1 - cleared)}
    joint = {}
    for name, (prior, of_positive) in hypotheses.items():
        joint[name] = prior * (of_positive if positive else 1 - of_positive)

    total = sum(joint.values())
    if total == 0:
        raise ValueError("no one can have this result")
    return float(joint["sick"] / total)
