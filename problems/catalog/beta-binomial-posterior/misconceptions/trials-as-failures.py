# id: trials-as-failures
# title: All trials counted as failures
# topic: conjugate-priors
#
# You added all the trials to β, but β counts failures, trials − successes. As it is, every success
# is also counted as a failure, and the mean is biased downwards.


import math


def beta_binomial_posterior(
    alpha: float, beta: float, successes: int, trials: int
) -> tuple[float, float, float, float]:
    if alpha <= 0 or beta <= 0 or successes < 0 or successes > trials:
        raise ValueError("alpha and beta must be positive, and 0 <= successes <= trials")
    a = float(alpha + successes)
    b = float(beta + trials)
    mean = a / (a + b)
    mode = (a - 1) / (a + b - 2) if a > 1 and b > 1 else math.nan
    return a, b, mean, mode
