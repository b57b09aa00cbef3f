"""Wrong: whether there is a mode is decided by the prior, not by the posterior."""


def beta_binomial_posterior(alpha, beta, successes, trials):
    if alpha <= 0 or beta <= 0 or successes < 0 or successes > trials:
        raise ValueError("impossible")
    a, b = alpha + successes, beta + trials - successes
    mode = (a - 1) / (a + b - 2) if alpha > 1 and beta > 1 else float("nan")
    return a, b, a / (a + b), mode
