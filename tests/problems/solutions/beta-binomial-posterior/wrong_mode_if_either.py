"""Wrong: one parameter above 1 is taken to be enough for a mode."""


def beta_binomial_posterior(alpha, beta, successes, trials):
    if alpha <= 0 or beta <= 0 or successes < 0 or successes > trials:
        raise ValueError("impossible")
    a, b = alpha + successes, beta + trials - successes
    mode = (a - 1) / (a + b - 2) if a > 1 or b > 1 else float("nan")
    return a, b, a / (a + b), mode
