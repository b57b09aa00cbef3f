# id: scale-by-d-model
# title: Scaled by the full width
# topic: attention
#
# You divide by √d, but inside a head the vectors have only d/h entries, so that their dot product
# has a variance of d/h. Divide by √(d/h); with √d the scores are too small and the softmax comes
# out too flat.


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

    scores = split(Q) @ split(K).transpose(0, 2, 1) / np.sqrt(d)
    heads = softmax(scores, axis=-1) @ split(V)
    return heads.transpose(1, 0, 2).reshape(n, d)
