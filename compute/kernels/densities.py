"""The densities of unknown parameters, in log space: precise for huge counts and tiny priors."""

import math
import sys
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import special

from compute.kernels.intervals import LOWEST_LOG, MOST_STEPS, Shape

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Beta:
    """Beta(alpha, beta) on [0, 1]; both parameters positive, 1e-6 to some 1e9."""

    alpha: float
    beta: float

    @property
    def bulk(self) -> tuple[float, float]:
        """Where nearly all of it is, for drawing."""
        return self.quantile(1e-10), self.upper_quantile(1e-10)

    @property
    def mean(self) -> float:
        return self.alpha / (self.alpha + self.beta)

    @property
    def sd(self) -> float:
        return math.sqrt(self.mean * (1 - self.mean) / (self.alpha + self.beta + 1))

    @property
    def mode(self) -> float | None:
        """The highest point; None where there are two, or where the density is flat."""
        match self.shape:
            case "u-shaped" | "flat":
                return None
            case "decreasing":
                return 0.0
            case "increasing":
                return 1.0
        return (self.alpha - 1) / (self.alpha + self.beta - 2)

    @property
    def shape(self) -> Shape:
        if self.alpha == self.beta == 1:
            return "flat"
        if self.alpha < 1 and self.beta < 1:
            return "u-shaped"
        if self.alpha <= 1 <= self.beta:
            return "decreasing"
        if self.beta <= 1 <= self.alpha:
            return "increasing"
        return "symmetric" if self.alpha == self.beta else "unimodal"

    def quantile(self, probability: float) -> float:
        x = float(special.betaincinv(self.alpha, self.beta, probability))
        return self._polished(x, probability, upper=False)

    def upper_quantile(self, probability: float) -> float:
        x = float(special.betainccinv(self.alpha, self.beta, probability))
        return self._polished(x, probability, upper=True)

    def _polished(self, x: float, probability: float, *, upper: bool) -> float:
        """The quantile, where SciPy's answer x does not hold the probability.

        Its inverse is wrong for some pairs of a thousand and more: for Beta(1000, 1e9) its lower
        2.5 % point has all of the mass below it. Its incomplete beta function, checked against
        quadrature, is right; Newton's method on that, kept inside a bracket, finds the root.
        """
        tail = special.betaincc if upper else special.betainc
        if self.alpha < 1 or self.beta < 1:
            # Half of the mass may lie below the smallest number; SciPy is right there.
            return x
        if not 0 < probability < 1 or self._holds(
            float(tail(self.alpha, self.beta, x)), probability
        ):
            return x
        low, high, x = 0.0, 1.0, self.mean
        for _ in range(MOST_STEPS):
            held = float(tail(self.alpha, self.beta, x))
            gap = probability - held if upper else held - probability
            low, high = (low, x) if gap > 0 else (x, high)
            log_density = self.log_density(x)
            following = x - gap * math.exp(-log_density) if log_density > LOWEST_LOG else math.nan
            if not low < following < high:
                following = (low + high) / 2
            if self._holds(held, probability) or abs(following - x) <= 1e-16 * x:
                break
            x = following
        return x

    @staticmethod
    def _holds(held: float, probability: float) -> bool:
        return abs(held - probability) <= 1e-14 * probability

    @cached_property
    def _log_norm(self) -> float:
        return float(special.betaln(self.alpha, self.beta))

    def density(self, x: Floats) -> Floats:
        """The density at each x; infinite at an end where its parameter is below 1."""
        with np.errstate(divide="ignore"):
            logs = special.xlogy(self.alpha - 1, x) + special.xlog1py(self.beta - 1, -x)
        densities: Floats = np.exp(logs - self._log_norm)
        return densities

    def log_density(self, x: float) -> float:
        with np.errstate(divide="ignore"):
            logs = special.xlogy(self.alpha - 1, x) + special.xlog1py(self.beta - 1, -x)
        return float(logs) - self._log_norm

    def slope(self, x: float) -> float:
        """The derivative of the log density inside the support."""
        return (self.alpha - 1) / x - (self.beta - 1) / (1 - x)


@dataclass(frozen=True)
class StudentT:
    """Student's t with `df` > 0 degrees of freedom, centred on `location`, times `scale` > 0."""

    df: float
    location: float
    scale: float

    @property
    def bulk(self) -> tuple[float, float]:
        """Where nearly all of it is, for drawing; heavy tails are cut at 10 scales."""
        reach = min(self.upper_quantile(2e-4) - self.location, 10 * self.scale)
        return self.location - reach, self.location + reach

    @property
    def mean(self) -> float | None:
        """None for df <= 1, where the integral does not exist."""
        return self.location if self.df > 1 else None

    @property
    def sd(self) -> float | None:
        """None for df <= 2, where the integral is infinite."""
        return self.scale * math.sqrt(self.df / (self.df - 2)) if self.df > 2 else None

    @property
    def mode(self) -> float:
        return self.location

    @property
    def shape(self) -> Shape:
        return "symmetric"

    def quantile(self, probability: float) -> float:
        """Infinite where the tail is too heavy for a float, as at df = 1e-6."""
        return self._quantile(probability, sign=-1)

    def upper_quantile(self, probability: float) -> float:
        return self._quantile(probability, sign=1)

    def _quantile(self, tail: float, sign: int) -> float:
        if tail > 0.5:
            return self._quantile(1 - tail, -sign)
        # t² / (df + t²) ~ Beta(1/2, df/2); both it and its complement are needed precisely.
        share = special.betaincinv(0.5, self.df / 2, 1 - 2 * tail)
        rest = special.betaincinv(self.df / 2, 0.5, 2 * tail)
        # SciPy answers the smallest normal number for any quantile below it.
        if rest <= 2 * sys.float_info.min:
            return sign * math.inf
        return self.location + sign * self.scale * math.sqrt(self.df * share / rest)

    def density(self, x: Floats) -> Floats:
        z = (x - self.location) / self.scale
        densities: Floats = np.exp(self._log_norm - (self.df + 1) / 2 * np.log1p(z * z / self.df))
        return densities

    def log_density(self, x: float) -> float:
        z = (x - self.location) / self.scale
        return self._log_norm - (self.df + 1) / 2 * math.log1p(z * z / self.df)

    def slope(self, x: float) -> float:
        """The derivative of the log density."""
        z = (x - self.location) / self.scale
        return -(self.df + 1) * z / (self.df + z * z) / self.scale

    @cached_property
    def _log_norm(self) -> float:
        half = self.df / 2
        # Γ(h + 1/2) / (Γ(h) √h) = √h · Γ(1/2) / (h · B(h, 1/2)) keeps its digits for large h.
        log_norm = -special.betaln(half, 0.5) - 0.5 * math.log(self.df)
        return float(log_norm) - math.log(self.scale)
