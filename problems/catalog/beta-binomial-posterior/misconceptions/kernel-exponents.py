# id: kernel-exponents
# title: Exponents in place of parameters
# topic: conjugate-priors
#
# You returned the exponents of θ and of 1 − θ. The parameters of a Beta distribution are each one
# more than its exponents: without any data the posterior must be the prior.


import math


def beta_binomial_posterior(
    alpha: float, beta: float, successes: int, trials: int
) -> tuple[float, float, float, float]:
    if alpha <= 0 or beta <= 0 or successes < 0 or successes > trials:
        raise ValueError("alpha and beta must be positive, and 0 <= successes <= trials")
    a = float(alpha + successes - 1)
    b = float(beta + trials - successes - 1)
    mean = a / (a + b)
    mode = (a - 1) / (a + b - 2) if a > 1 and b > 1 else math.nan
    return a, b, mean, mode
