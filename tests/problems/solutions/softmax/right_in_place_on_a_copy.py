"""Right: augmented assignments, on a copy of the input."""

import numpy as np


def softmax(x, axis=-1):
    y = np.array(x, dtype=float, copy=True)
    y -= y.max(axis=axis, keepdims=True)
    np.exp(y, out=y)
    y /= y.sum(axis=axis, keepdims=True)
    return y
