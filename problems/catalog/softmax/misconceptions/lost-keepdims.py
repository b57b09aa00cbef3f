# id: lost-keepdims
# title: The reduced axis lost
# topic: vectors-matrices-shapes
#
# You divide by totals that have lost their axis, so that they line up with the wrong one: an error
# for most shapes and, worse, wrong weights without any error for a square array. Keep the reduced
# axis, with the length 1.


import numpy as np


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    x = np.asarray(x, dtype=float)
    exponentials = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return exponentials / np.sum(exponentials, axis=axis)
