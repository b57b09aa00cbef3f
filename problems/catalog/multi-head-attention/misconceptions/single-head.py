# id: single-head
# title: One head in disguise
# topic: multi-head-attention
#
# This is attention with a single head over all d columns: the number of heads does not change your
# result. Each head must see only its own d/h columns and take its own softmax.


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
    num_heads, width = 1, d

    def split(array: np.ndarray) -> np.ndarray:
        """(length, d) to (num_heads, length, width)"""
        return array.reshape(array.shape[0], num_heads, width).transpose(1, 0, 2)

    scores = split(Q) @ split(K).transpose(0, 2, 1) / np.sqrt(width)
    heads = softmax(scores, axis=-1) @ split(V)
    return heads.transpose(1, 0, 2).reshape(n, d)
