"""Credible intervals of one-dimensional densities: equal tails and highest density."""

import math
from typing import Literal, Protocol

# How a density runs over its support: "symmetric" has one mode in its middle, "unimodal" one
# anywhere inside, "flat" is constant, "u-shaped" highest at both ends.
Shape = Literal["symmetric", "unimodal", "decreasing", "increasing", "u-shaped", "flat"]

Interval = tuple[float, float]

# Newton doubles the correct digits each step; bisection, its fallback, needs 60 steps.
MOST_STEPS = 100
LOWEST_LOG = -700.0


class Density(Protocol):
    """What an interval must know of a density."""

    @property
    def shape(self) -> Shape: ...

    def quantile(self, probability: float) -> float:
        """The point with this probability to its left."""

    def upper_quantile(self, probability: float) -> float:
        """The point with this probability to its right, precise where that is tiny."""

    def log_density(self, x: float) -> float: ...

    def slope(self, x: float) -> float:
        """The derivative of the log density."""


def equal_tailed(density: Density, mass: float) -> Interval:
    """The interval that leaves (1 - mass)/2 of the probability on either side; 0 < mass < 1."""
    tail = (1 - mass) / 2
    return density.quantile(tail), density.upper_quantile(tail)


def highest_density(density: Density, mass: float) -> Interval | None:
    """The shortest interval that holds the mass, 0 < mass < 1.

    A decreasing or increasing density gives an interval that touches the boundary. Of a flat one
    every interval of this mass is shortest, and the central one is given. Of a u-shaped one the
    region of highest density is two intervals: None.

    Notes
    -----
    The lower tail p of a unimodal density is the root of

        g(p) = log f(l) - log f(u),   l = Q(p),   u = Q(p + mass),

    which rises with p, because both ends then move right. Newton's method on g, with
    g'(p) = (log f)'(l) / f(l) - (log f)'(u) / f(u), kept inside a bracket that halves whenever a
    step would leave it. Some ten pairs of quantiles.

    Source: Hyndman, "Computing and Graphing Highest Density Regions", The American
    Statistician 50(2), 1996, for the property that f(l) = f(u).
    """
    if density.shape == "u-shaped":
        return None
    if density.shape in ("symmetric", "flat"):
        return equal_tailed(density, mass)
    outside = 1 - mass
    if density.shape == "decreasing":
        return density.quantile(0.0), density.upper_quantile(outside)
    if density.shape == "increasing":
        return density.quantile(outside), density.upper_quantile(0.0)

    low, high = 0.0, outside
    p = outside / 2
    for _ in range(MOST_STEPS):
        lower, upper = density.quantile(p), density.upper_quantile(outside - p)
        log_lower, log_upper = density.log_density(lower), density.log_density(upper)
        gap = log_lower - log_upper
        if gap > 0:
            high = p
        else:
            low = p
        following = math.nan
        # Where a tail is so thin that its density underflows, a slope is of no use: halve.
        if min(log_lower, log_upper) > LOWEST_LOG:
            rate = density.slope(lower) * math.exp(-log_lower)
            rate -= density.slope(upper) * math.exp(-log_upper)
            following = p - gap / rate
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - p) <= 1e-15 * p or gap == 0:
            break
        p = following
    return density.quantile(p), density.upper_quantile(outside - p)
