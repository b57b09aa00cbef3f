"""Right: a NumPy array of two counts; the four results are NumPy scalars."""

import numpy as np


def beta_binomial_posterior(alpha, beta, successes, trials):
    prior = np.array([alpha, beta], dtype=float)
    counts = np.array([successes, trials - successes], dtype=float)
    if (prior <= 0).any() or (counts < 0).any():
        raise ValueError("a count or a parameter is out of range")
    a, b = prior + counts
    mean = a / (a + b)
    mode = np.where(min(a, b) > 1, (a - 1) / (a + b - 2), np.nan)[()]
    return a, b, mean, mode
