"""Wrong: right numbers, but impossible counts and priors are not refused."""


def beta_binomial_posterior(alpha, beta, successes, trials):
    a, b = alpha + successes, beta + trials - successes
    mode = (a - 1) / (a + b - 2) if a > 1 and b > 1 else float("nan")
    return a, b, a / (a + b), mode
