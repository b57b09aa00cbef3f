"""Wrong: overflow avoided by clipping the scores, which makes large ones equal."""

import numpy as np


def softmax(x, axis=-1):
    e = np.exp(np.clip(x, -500, 500))
    return e / e.sum(axis=axis, keepdims=True)
