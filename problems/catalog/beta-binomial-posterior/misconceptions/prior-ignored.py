# id: prior-ignored
# title: The prior ignored
# topic: conjugate-priors
#
# You always start from a uniform Beta(1, 1), whatever prior is given. Add the counts to the
# parameters of that prior.


import math


def beta_binomial_posterior(
    alpha: float, beta: float, successes: int, trials: int
) -> tuple[float, float, float, float]:
    if alpha <= 0 or beta <= 0 or successes < 0 or successes > trials:
        raise ValueError("alpha and beta must be positive, and 0 <= successes <= trials")
    a = float(1 + successes)
    b = float(1 + trials - successes)
    mean = a / (a + b)
    mode = (a - 1) / (a + b - 2) if a > 1 and b > 1 else math.nan
    return a, b, mean, mode
