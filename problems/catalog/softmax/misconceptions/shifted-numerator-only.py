# id: shifted-numerator-only
# title: Shifted above, not below
# topic: entropy-softmax
#
# Your weights do not sum to 1: they are off by the factor exp(max). You subtracted the maximum in
# the numerator but not in the denominator. The shift cancels only if the same exponentials stand in
# both.


import numpy as np


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    x = np.asarray(x, dtype=float)
    exponentials = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return exponentials / np.sum(np.exp(x), axis=axis, keepdims=True)
