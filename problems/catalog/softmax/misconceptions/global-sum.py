# id: global-sum
# title: One total for the whole array
# topic: vectors-matrices-shapes
#
# Your whole array sums to 1; each slice along the axis should. Divide each slice by its own total.


import numpy as np


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    x = np.asarray(x, dtype=float)
    exponentials = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return exponentials / np.sum(exponentials)
