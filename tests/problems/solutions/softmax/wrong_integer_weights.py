"""Wrong: for whole numbers the weights are cut down to 0 and 1."""

import numpy as np


def softmax(x, axis=-1):
    result = np.empty_like(x)
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    result[...] = e / e.sum(axis=axis, keepdims=True)
    return result
