"""Right: computed and returned in float32, which the tolerance allows."""

import numpy as np


def softmax(scores):
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def multi_head_attention(Q, K, V, num_heads):
    if num_heads < 1 or Q.shape[1] % num_heads:
        raise ValueError("the heads must divide the columns")
    if K.shape != V.shape or K.shape[1] != Q.shape[1]:
        raise ValueError("keys and values do not fit")
    (n, d), m = Q.shape, K.shape[0]
    Q, K, V = (a.astype(np.float32) for a in (Q, K, V))
    c = d // num_heads
    q = Q.reshape(n, num_heads, c).swapaxes(0, 1)
    k = K.reshape(m, num_heads, c).swapaxes(0, 1)
    v = V.reshape(m, num_heads, c).swapaxes(0, 1)
    weights = softmax(q @ k.swapaxes(1, 2) / np.sqrt(np.float32(c)))
    return (weights @ v).swapaxes(0, 1).reshape(n, d)
