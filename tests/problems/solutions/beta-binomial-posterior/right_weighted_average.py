"""Right: the mean as a weighted average of the prior's mean and the observed share."""

import math


def beta_binomial_posterior(alpha, beta, successes, trials):
    if alpha <= 0 or beta <= 0:
        raise ValueError("alpha and beta must be positive")
    if successes < 0 or successes > trials:
        raise ValueError("successes must lie between 0 and trials")
    strength = alpha + beta
    guess = alpha / strength
    share = successes / trials if trials else guess
    mean = (strength * guess + trials * share) / (strength + trials)
    a, b = alpha + successes, beta + (trials - successes)
    if a <= 1 or b <= 1:
        return a, b, mean, math.nan
    return a, b, mean, (a - 1) / (a + b - 2)
