"""Right: the plain formula without any shift, in decimals, whose exponents do not overflow."""

from decimal import Decimal

import numpy as np


def one_slice(scores):
    parts = [Decimal(float(s)).exp() for s in scores]
    total = sum(parts)
    return np.array([float(p / total) for p in parts])


def softmax(x, axis=-1):
    return np.apply_along_axis(one_slice, axis, x).astype(float)
