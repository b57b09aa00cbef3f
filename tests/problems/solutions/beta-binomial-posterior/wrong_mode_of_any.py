"""Wrong: the mode's formula without its condition, so that it can leave (0, 1)."""


def beta_binomial_posterior(alpha, beta, successes, trials):
    if alpha <= 0 or beta <= 0 or successes < 0 or successes > trials:
        raise ValueError("impossible")
    a, b = alpha + successes, beta + trials - successes
    return a, b, a / (a + b), (a - 1) / (a + b - 2)
