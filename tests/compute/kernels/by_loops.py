"""The definitions, one number at a time, to hold the kernels against."""

import math

import numpy as np


def attention_by_loops(query, key, value, allowed=None, scale=None):
    """The definition, one number at a time, in double precision, for one head."""
    query, key, value = (np.asarray(x, np.float64) for x in (query, key, value))
    scale = 1 / math.sqrt(query.shape[1]) if scale is None else scale
    outputs, weights = [], []
    for i, q in enumerate(query):
        scores = []
        for j, k in enumerate(key):
            if allowed is None or allowed[i][j]:
                scores.append(scale * math.fsum(a * b for a, b in zip(q, k, strict=True)))
            else:
                scores.append(-math.inf)
        top = max(scores)
        exponentials = [0.0 if s == -math.inf else math.exp(s - top) for s in scores]
        total = math.fsum(exponentials)
        row = [e / total if total else 0.0 for e in exponentials]
        weights.append(row)
        columns = range(value.shape[1])
        outputs.append(
            [math.fsum(w * v[c] for w, v in zip(row, value, strict=True)) for c in columns]
        )
    return np.array(outputs), np.array(weights)


def multi_head_by_loops(query, key, value, num_heads, w=None, mask=None):
    """Each head on its own slice of columns, the outputs side by side."""
    if w is not None:
        query, key, value = query @ w[0], key @ w[1], value @ w[2]
    width = query.shape[1] // num_heads
    heads = []
    for head in range(num_heads):
        columns = slice(head * width, (head + 1) * width)
        allowed = mask[head] if np.ndim(mask) == 3 else mask
        output, _ = attention_by_loops(
            query[:, columns], key[:, columns], value[:, columns], allowed
        )
        heads.append(output)
    merged = np.hstack(heads)
    return merged if w is None else merged @ w[3]


def causal_mask(n, m):
    return [[j <= i for j in range(m)] for i in range(n)]
