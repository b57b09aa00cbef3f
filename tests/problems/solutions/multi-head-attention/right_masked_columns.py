"""Right: full-width products in which a head sees zeros outside its own columns."""

import numpy as np


def softmax(scores):
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def multi_head_attention(Q, K, V, num_heads):
    if num_heads < 1 or Q.shape[1] % num_heads:
        raise ValueError("the heads must divide the columns")
    if K.shape != V.shape or K.shape[1] != Q.shape[1]:
        raise ValueError("keys and values do not fit")
    d = Q.shape[1]
    owner = np.arange(d) // (d // num_heads)
    result = np.zeros(Q.shape)
    for head in range(num_heads):
        mine = (owner == head).astype(float)
        weights = softmax((Q * mine) @ K.T / np.sqrt(mine.sum()))
        result += weights @ (V * mine)
    return result
