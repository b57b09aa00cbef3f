# id: global-max
# title: One maximum for the whole array
# topic: vectors-matrices-shapes
#
# You subtract the largest score of the whole array. A slice that lies far below it vanishes
# altogether, and 0 / 0 is NaN. Each slice needs its own maximum, taken along the axis.


import numpy as np


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    x = np.asarray(x, dtype=float)
    exponentials = np.exp(x - np.max(x))
    return exponentials / np.sum(exponentials, axis=axis, keepdims=True)
