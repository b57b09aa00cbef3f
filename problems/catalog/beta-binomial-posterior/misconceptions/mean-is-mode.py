# id: mean-is-mode
# title: The mode in place of the mean
# topic: conjugate-priors
#
# Your mean is the mode of the posterior, its highest point (also known as the MAP estimate). The
# mean is the share of α′ in α′ + β′; the two agree only where the posterior is symmetric.


import math


def beta_binomial_posterior(
    alpha: float, beta: float, successes: int, trials: int
) -> tuple[float, float, float, float]:
    if alpha <= 0 or beta <= 0 or successes < 0 or successes > trials:
        raise ValueError("alpha and beta must be positive, and 0 <= successes <= trials")
    a = float(alpha + successes)
    b = float(beta + trials - successes)
    mean = (a - 1) / (a + b - 2) if a + b != 2 else math.nan
    mode = (a - 1) / (a + b - 2) if a > 1 and b > 1 else math.nan
    return a, b, mean, mode
