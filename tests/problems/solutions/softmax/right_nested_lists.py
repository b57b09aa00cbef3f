"""Right: recursion over nested Python lists, made an array at the end."""

import math

import numpy as np


def of_list(scores):
    top = max(scores)
    parts = [math.exp(s - top) for s in scores]
    return [p / sum(parts) for p in parts]


def in_lists(nested):
    if isinstance(nested[0], list):
        return [in_lists(inner) for inner in nested]
    return of_list(nested)


def softmax(x, axis=-1):
    last = np.swapaxes(x, axis, -1)
    return np.swapaxes(np.array(in_lists(last.tolist())), axis, -1)
