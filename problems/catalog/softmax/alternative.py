"""One slice at a time, with plain lists and the math module."""

import math

import numpy as np


def weights_of(scores: list[float]) -> list[float]:
    largest = max(scores)
    parts = [math.exp(score - largest) for score in scores]
    total = math.fsum(parts)
    return [part / total for part in parts]


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    if axis not in range(-x.ndim, x.ndim):
        raise ValueError(f"an array of shape {x.shape} has no axis {axis}")
    weights = np.zeros(x.shape)
    # Views of the same numbers, with the axis in question put last.
    scores_last = np.moveaxis(x, axis, -1)
    weights_last = np.moveaxis(weights, axis, -1)
    for index in np.ndindex(scores_last.shape[:-1]):
        weights_last[index] = weights_of(scores_last[index].tolist())
    return weights
