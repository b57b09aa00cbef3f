"""Right: logarithms of the odds and the logistic function; the certain cases by hand."""

import math


def disease_posterior(prevalence, sensitivity, specificity, positive=True):
    if any(p < 0 or p > 1 for p in [prevalence, sensitivity, specificity]):
        raise ValueError("not a probability")
    joint_sick = prevalence * (sensitivity if positive else 1 - sensitivity)
    joint_healthy = (1 - prevalence) * (1 - specificity if positive else specificity)
    if joint_sick == joint_healthy == 0:
        raise ValueError("impossible result")
    if joint_sick == 0 or joint_healthy == 0:
        return 1.0 if joint_sick else 0.0
    return 1 / (1 + math.exp(math.log(joint_healthy) - math.log(joint_sick)))
