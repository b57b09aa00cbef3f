"""Wrong: more heads than columns and foreign shapes are not refused."""

import numpy as np


def softmax(scores):
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def multi_head_attention(Q, K, V, num_heads):
    num_heads = max(1, min(num_heads, Q.shape[1]))
    width = Q.shape[1] // num_heads
    m = min(len(K), len(V))
    result = np.zeros(Q.shape)
    for j in range(num_heads):
        c = slice(j * width, (j + 1) * width)
        result[:, c] = softmax(Q[:, c] @ K[:m, c].T / np.sqrt(width)) @ V[:m, c]
    return result
