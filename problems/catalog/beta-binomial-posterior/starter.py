def beta_binomial_posterior(
    alpha: float, beta: float, successes: int, trials: int
) -> tuple[float, float, float, float]:
    """The posterior of a rate: its two parameters, its mean and its mode."""
    # 1. Refuse what is impossible.
    # 2. Update the two parameters.
    # 3. Where is the mean, and is there a mode?
    return 0.0, 0.0, 0.0, 0.0
