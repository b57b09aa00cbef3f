"""Wrong here, a convention elsewhere: the end of the interval is reported as the mode."""


def beta_binomial_posterior(alpha, beta, successes, trials):
    if alpha <= 0 or beta <= 0 or successes < 0 or successes > trials:
        raise ValueError("impossible")
    a, b = alpha + successes, beta + trials - successes
    inside = a > 1 and b > 1
    mode = (a - 1) / (a + b - 2) if inside else float(a > b)
    return a, b, a / (a + b), mode
