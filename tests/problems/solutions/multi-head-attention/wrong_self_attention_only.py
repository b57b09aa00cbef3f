"""Wrong: reshapes keys and values with the number of queries, so that m must equal n."""

import numpy as np


def softmax(scores):
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def multi_head_attention(Q, K, V, num_heads):
    if num_heads < 1 or Q.shape[1] % num_heads:
        raise ValueError("the heads must divide the columns")
    if K.shape != V.shape or K.shape[1] != Q.shape[1]:
        raise ValueError("keys and values do not fit")
    n, d = Q.shape
    c = d // num_heads
    q, k, v = (a.reshape(n, num_heads, c).transpose(1, 0, 2) for a in (Q, K, V))
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(c)
    return (softmax(scores) @ v).transpose(1, 0, 2).reshape(n, d)
