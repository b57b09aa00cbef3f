# id: reshape-not-transpose
# title: Heads cut across tokens
# topic: vectors-matrices-shapes
#
# Your heads have the right shape but the wrong numbers: reshaping (n, d) straight to (h, n, d/h)
# cuts the array across tokens, so that one head mixes pieces of different tokens. Split the last
# axis first, to (n, h, d/h), and then move the head axis to the front.


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
        return array.reshape(num_heads, array.shape[0], width)

    scores = split(Q) @ split(K).transpose(0, 2, 1) / np.sqrt(width)
    heads = softmax(scores, axis=-1) @ split(V)
    return heads.transpose(1, 0, 2).reshape(n, d)
