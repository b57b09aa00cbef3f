"""Right: the axis moved to the end, the totals by einsum, the axis moved back."""

import numpy as np


def softmax(x, axis=-1):
    scores = np.moveaxis(np.array(x, dtype=np.float64), axis, -1)
    shape = scores.shape
    rows = scores.reshape(-1, shape[-1])
    rows = np.exp(rows - np.amax(rows, axis=1)[:, None])
    rows = np.einsum("ij,i->ij", rows, 1 / np.einsum("ij->i", rows))
    return np.moveaxis(rows.reshape(shape), -1, axis)
