"""Wrong: the softmax of the softmax."""

import numpy as np


def once(x, axis):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def softmax(x, axis=-1):
    return once(once(np.asarray(x, dtype=float), axis), axis)
