"""Exact fractions; the mode is the mean of a Beta with one success and one failure fewer."""

from fractions import Fraction


def share(first: Fraction, second: Fraction) -> float:
    return float(first / (first + second))


def beta_binomial_posterior(
    alpha: float, beta: float, successes: int, trials: int
) -> tuple[float, float, float, float]:
    prior = {"success": Fraction(alpha), "failure": Fraction(beta)}
    observed = {"success": successes, "failure": trials - successes}
    if min(prior.values()) <= 0:
        raise ValueError(f"Beta({alpha}, {beta}) is not a distribution")
    if min(observed.values()) < 0:
        raise ValueError(f"{successes} of {trials} trials cannot have succeeded")

    a, b = (prior[outcome] + observed[outcome] for outcome in prior)
    mode = share(a - 1, b - 1) if min(a, b) > 1 else float("nan")
    return float(a), float(b), share(a, b), mode
