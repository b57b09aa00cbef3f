# id: always-axis-0
# title: The axis ignored
# topic: vectors-matrices-shapes
#
# Your result is always normalised along the first axis: its columns sum to 1, whatever axis is
# asked for. Hand the axis on to every reduction.


import numpy as np


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    x = np.asarray(x, dtype=float)
    axis = 0
    exponentials = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return exponentials / np.sum(exponentials, axis=axis, keepdims=True)
