"""Right: einsum with a letter for every axis; no axis is ever moved."""

import numpy as np


def multi_head_attention(Q, K, V, num_heads):
    if num_heads < 1 or Q.shape[1] % num_heads:
        raise ValueError("the heads must divide the columns")
    if K.shape != V.shape or K.shape[1] != Q.shape[1]:
        raise ValueError("keys and values do not fit")
    q, k, v = (a.reshape(a.shape[0], num_heads, -1) for a in (Q, K, V))
    scores = np.einsum("qhc,khc->qhk", q, k) / q.shape[2] ** 0.5
    weights = np.exp(scores - scores.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    return np.einsum("qhk,khc->qhc", weights, v).reshape(Q.shape)
