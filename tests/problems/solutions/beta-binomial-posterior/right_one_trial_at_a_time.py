"""Right: learns from one trial after another; the order does not matter."""


def beta_binomial_posterior(alpha, beta, successes, trials):
    if not (alpha > 0 and beta > 0):
        raise ValueError("the prior is no distribution")
    if not 0 <= successes <= trials:
        raise ValueError("impossible counts")
    a, b = float(alpha), float(beta)
    for trial in range(trials):
        if trial < successes:
            a += 1
        else:
            b += 1
    mode = float("nan")
    if a > 1 and b > 1:
        mode = (a - 1) / ((a - 1) + (b - 1))
    return a, b, a / (a + b), mode
