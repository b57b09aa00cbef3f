"""Right: nested Python lists, one number at a time."""

import math

import numpy as np


def multi_head_attention(Q, K, V, num_heads):
    if num_heads < 1 or len(Q[0]) % num_heads != 0:
        raise ValueError("heads")
    if K.shape != V.shape or len(K[0]) != len(Q[0]):
        raise ValueError("shapes")
    d, keys, values = Q.shape[1], K.tolist(), V.tolist()
    c = d // num_heads
    rows = []
    for query in Q.tolist():
        row = [0.0] * d
        for first in range(0, d, c):
            mine = range(first, first + c)
            scores = [sum(query[f] * key[f] for f in mine) / math.sqrt(c) for key in keys]
            top = max(scores)
            shares = [math.exp(score - top) for score in scores]
            for f in mine:
                total = sum(s * value[f] for s, value in zip(shares, values, strict=True))
                row[f] = total / sum(shares)
        rows.append(row)
    return np.array(rows)
