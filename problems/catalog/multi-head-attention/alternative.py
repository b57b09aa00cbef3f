"""One number at a time, with nothing but loops and the math module."""

import math

import numpy as np


def weights_of(query: list[float], keys: list[list[float]]) -> list[float]:
    """The share that one query of one head gives to each key."""
    scores = [
        math.fsum(a * b for a, b in zip(query, key, strict=True)) / math.sqrt(len(query))
        for key in keys
    ]
    largest = max(scores)
    parts = [math.exp(score - largest) for score in scores]
    total = math.fsum(parts)
    return [part / total for part in parts]


def multi_head_attention(
    Q: np.ndarray,
    K: np.ndarray,
    V: np.ndarray,
    num_heads: int,
) -> np.ndarray:
    if K.shape != V.shape:
        raise ValueError(f"K and V differ in shape: {K.shape} and {V.shape}")
    if Q.shape[1] != K.shape[1]:
        raise ValueError(f"Q and K differ in width: {Q.shape} and {K.shape}")
    d = Q.shape[1]
    if num_heads not in range(1, d + 1) or d % num_heads != 0:
        raise ValueError(f"{num_heads} heads do not divide {d} columns")

    width = d // num_heads
    rows = []
    for query in Q.tolist():
        row = []
        for start in range(0, d, width):
            columns = slice(start, start + width)
            shares = weights_of(query[columns], [key[columns] for key in K.tolist()])
            for column in range(start, start + width):
                values = V[:, column].tolist()
                row.append(math.fsum(s * v for s, v in zip(shares, values, strict=True)))
        rows.append(row)
    return np.array(rows)
