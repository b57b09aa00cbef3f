"""Right: loops over the slices of up to any number of axes, with an odometer of indices."""

import itertools
import math

import numpy as np


def softmax(x, axis=-1):
    axis = range(x.ndim)[axis] if -x.ndim <= axis < x.ndim else None
    if axis is None:
        raise ValueError("no such axis")
    result = np.zeros(x.shape)
    others = [range(n) if i != axis else [slice(None)] for i, n in enumerate(x.shape)]
    for place in itertools.product(*others):
        top = max(float(v) for v in x[place])
        total = 0.0
        for v in x[place]:
            total += math.exp(float(v) - top)
        result[place] = [math.exp(float(v) - top) / total for v in x[place]]
    return result
