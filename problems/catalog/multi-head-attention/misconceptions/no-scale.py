# id: no-scale
# title: Scores without a scale
# topic: attention
#
# Your scores are not scaled. Without the factor 1/√(d/h) they grow with the width of a head, the
# softmax saturates and almost all the weight lands on one key.


import numpy as np


def softmax(scores: np.ndarray, axis: int) -> np.ndarray:
    exponentials = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def multi_head_attention(
    Q: np.ndarray,
    K: np.ndarray,
    V: np.ndarray,
    num_heads: int,
) -> np.ndarray:
    Q, K, V = (np.asarray(array, dtype=float) for array in (Q, K, V))
    (n, d), m = Q.shape, K.shape[0]
    if num_heads < 1 or d % num_heads or K.shape != (m, d) or V.shape != (m, d):
        raise ValueError("num_heads must divide d, and K and V must have the shape (m, d)")
    width = d // num_heads

    def split(array: np.ndarray) -> np.ndarray:
        """(length, d) to (num_heads, length, width)"""
        return array.reshape(array.shape[0], num_heads, width).transpose(1, 0, 2)

    scores = split(Q) @ split(K).transpose(0, 2, 1)
    heads = softmax(scores, axis=-1) @ split(V)
    return heads.transpose(1, 0, 2).reshape(n, d)
