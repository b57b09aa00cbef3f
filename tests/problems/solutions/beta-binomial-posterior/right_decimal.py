"""Right: decimals of 28 digits."""

from decimal import Decimal


def beta_binomial_posterior(alpha, beta, successes, trials):
    a, b = Decimal(alpha), Decimal(beta)
    if min(a, b) <= 0 or successes < 0 or trials < successes:
        raise ValueError("no")
    a += successes
    b += trials - successes
    mode = (a - 1) / (a + b - 2) if min(a, b) > 1 else Decimal("NaN")
    return tuple(map(float, (a, b, a / (a + b), mode)))
