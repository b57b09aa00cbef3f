import math


def beta_binomial_posterior(
    alpha: float, beta: float, successes: int, trials: int
) -> tuple[float, float, float, float]:
    if alpha <= 0 or beta <= 0 or successes < 0 or successes > trials:
        raise ValueError("alpha and beta must be positive, and 0 <= successes <= trials")
    a = float(alpha + successes)
    b = float(beta + trials - successes)
    mean = a / (a + b)
    mode = (a - 1) / (a + b - 2) if a > 1 and b > 1 else math.nan
    return a, b, mean, mode
