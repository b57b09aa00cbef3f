# id: merge-without-transpose
# title: Heads glued back in the wrong order
# topic: vectors-matrices-shapes
#
# Each head is right, but you glued them back in the wrong order: (h, n, d/h) has to become (n, h,
# d/h) before the final reshape, or a token's row is filled with the answers that heads gave to
# other tokens.


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

    scores = split(Q) @ split(K).transpose(0, 2, 1) / np.sqrt(width)
    heads = softmax(scores, axis=-1) @ split(V)
    return heads.reshape(n, d)
