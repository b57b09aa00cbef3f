# id: swapped
# title: Successes and failures swapped
# topic: conjugate-priors
#
# You have the counts the wrong way round: successes belong to α and failures to β. The power of θ,
# which grows with each success, is α − 1.


import math


def beta_binomial_posterior(
    alpha: float, beta: float, successes: int, trials: int
) -> tuple[float, float, float, float]:
    if alpha <= 0 or beta <= 0 or successes < 0 or successes > trials:
        raise ValueError("alpha and beta must be positive, and 0 <= successes <= trials")
    a = float(alpha + trials - successes)
    b = float(beta + successes)
    mean = a / (a + b)
    mode = (a - 1) / (a + b - 2) if a > 1 and b > 1 else math.nan
    return a, b, mean, mode
