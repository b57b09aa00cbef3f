# id: no-max-subtraction
# title: Exponentials that overflow
# topic: entropy-softmax
#
# Your exponentials overflow: exp(1000) is inf, and inf / inf is NaN. Very negative scores all
# vanish, and 0 / 0 is NaN too. The softmax stays the same when one number is subtracted from all
# scores of a slice; subtract the largest.


import numpy as np


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    x = np.asarray(x, dtype=float)
    exponentials = np.exp(x)
    return exponentials / np.sum(exponentials, axis=axis, keepdims=True)
