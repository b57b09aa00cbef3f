"""Two proportions: with which probability so many in each group show a difference.

The two-sided z test of two independent groups of n each. It calls a difference of the observed
shares significant beyond z(1 − α/2) standard errors, which it takes as if both groups had one
common share, the mean p̄ of both (pooled): √(2 p̄(1 − p̄) / n). The observed difference itself is
taken as normal around the true one, with √((p₁(1 − p₁) + p₂(1 − p₂)) / n) (unpooled). The power is
the probability of a significant result in either direction, without a correction for continuity.

Source: Fleiss, Levin and Paik, "Statistical Methods for Rates and Proportions", 3rd edition, 2003,
chapter 4; theirs is the closed form n = ((z(1 − α/2) √(2 p̄(1 − p̄)) + z(power) √(p₁(1 − p₁) +
p₂(1 − p₂))) / difference)², which leaves out the far tail. Where fewer than some five successes or
failures are expected in a group, the approximation is poor.
"""

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

FEWEST = 2
# What every reader of JSON can take as a whole number.
MOST = 2**63 - 1

CURVE_POINTS = 100
# The power that a curve shows being reached, whatever was asked for.
USUAL_POWER = 0.8


@dataclass(frozen=True)
class Comparison:
    """A control of share `baseline` against a treatment of share `baseline + difference`.

    Both shares lie in (0, 1), and the difference, of either sign, is taken as it is given: it may
    be far below the precision of their sum. `significance` is the two-sided α in (0, 1).
    """

    baseline: float
    difference: float
    significance: float

    @property
    def treatment(self) -> float:
        return self.baseline + self.difference

    @cached_property
    def critical_value(self) -> float:
        """The z beyond which a result is significant, in either direction."""
        # By the logarithm, for an α so small that its half would be 0.
        return -float(special.ndtri_exp(math.log(self.significance) - math.log(2)))

    @cached_property
    def sd_null(self) -> float:
        """√n times the standard error of the difference if both groups had their mean share."""
        mean = self.baseline + self.difference / 2
        return math.sqrt(2 * mean * (1 - mean))

    @cached_property
    def sd_alternative(self) -> float:
        """√n times the standard error of the difference if the shares are as stated."""
        control = self.baseline * (1 - self.baseline)
        return math.sqrt(control + self.treatment * (1 - self.treatment))

    def power(self, per_group: int | Floats) -> Floats:
        """The probability of a significant result with so many in each group, of any shape."""
        near, far = self._tails(per_group)
        miss = self.miss(per_group)
        # Each is precise where it is small.
        return np.where(miss < 0.5, 1 - miss, special.ndtr(near) + special.ndtr(far))

    def miss(self, per_group: int | Floats) -> Floats:
        """1 − power, with all its digits where the power is near 1."""
        near, far = self._tails(per_group)
        miss: Floats = np.maximum(special.ndtr(-near) - special.ndtr(far), 0)
        return miss

    def smallest(self, power: float) -> int | None:
        """The fewest in each group, from 2 on, that have at least this power in (0, 1).

        None if MOST do not. The power rises with the size of the groups, so that the answer is
        found by halving: 63 evaluations. It is exact while one more in each group changes the
        power by more than rounding does, for usual powers up to some 1e12, and correct to some
        12 digits beyond.
        """

        def reached(per_group: int) -> bool:
            if power > 0.5:
                return bool(self.miss(per_group) <= 1 - power)
            return bool(self.power(per_group) >= power)

        if not reached(MOST):
            return None
        return FEWEST + bisect_left(range(FEWEST, MOST), True, key=reached)

    def curve(self, per_group: int) -> tuple[list[int], list[float]]:
        """Rising sizes of a group and their power, never falling: per_group and those around it.

        About 100 sizes, evenly spread by their logarithm, or fewer where there are not as many
        whole numbers. They reach from a 30th to four times of per_group, or of what 80 % of power
        takes, whichever is further out.
        """
        usual = self.smallest(USUAL_POWER) or MOST
        low = max(FEWEST, min(per_group, usual) // 30)
        high = min(MOST, 4 * max(per_group, usual))
        spread = (round(size) for size in np.geomspace(low, high, CURVE_POINTS).tolist())
        sizes = sorted({per_group, *(min(size, high) for size in spread)})
        powers = self.power(np.array(sizes, np.float64))
        # Where the curve is flat, rounding alone would let it fall.
        return sizes, np.maximum.accumulate(powers).tolist()

    def _tails(self, per_group: int | Floats) -> tuple[Floats, Floats]:
        """The quantiles of significance in the direction of the difference and against it."""
        shift = abs(self.difference) * np.sqrt(np.asarray(per_group, np.float64))
        bar = self.critical_value * self.sd_null
        return (shift - bar) / self.sd_alternative, (-shift - bar) / self.sd_alternative
