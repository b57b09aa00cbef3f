"""Wrong: the mean is always Laplace's (k + 1) / (n + 2), the right parameters beside it."""


def beta_binomial_posterior(alpha, beta, successes, trials):
    if alpha <= 0 or beta <= 0 or successes < 0 or successes > trials:
        raise ValueError("impossible")
    a, b = alpha + successes, beta + trials - successes
    mode = (a - 1) / (a + b - 2) if a > 1 and b > 1 else float("nan")
    return a, b, (successes + 1) / (trials + 2), mode
