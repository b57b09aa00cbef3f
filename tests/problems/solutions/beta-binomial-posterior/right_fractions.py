"""Right: exact fractions until the last moment."""

from fractions import Fraction


def beta_binomial_posterior(alpha, beta, successes, trials):
    a0, b0 = Fraction(alpha), Fraction(beta)
    if a0 <= 0 or b0 <= 0 or not 0 <= successes <= trials:
        raise ValueError("impossible")
    a, b = a0 + successes, b0 + (trials - successes)
    mean = a / (a + b)
    peak = float((a - 1) / (a + b - 2)) if a > 1 and b > 1 else float("nan")
    return float(a), float(b), float(mean), peak
