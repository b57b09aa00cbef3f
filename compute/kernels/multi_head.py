"""Multi-head attention on NumPy arrays: project, split, attend, merge, project."""

from typing import NamedTuple

import numpy as np

from compute.kernels.attention import Array, Mask, Report, attention


class MultiHead(NamedTuple):
    """The output and what it was made from.

    `output` (n, d); `heads` (h, n, d/h) before they are merged; `weights` (h, n, m) or None; and
    the projected inputs by head, `query` (h, n, d/h), `key` and `value` (h, m, d/h).
    """

    output: Array
    heads: Array
    weights: Array | None
    query: Array
    key: Array
    value: Array


def multi_head_attention(
    query: Array,
    key: Array,
    value: Array,
    num_heads: int,
    *,
    w_q: Array | None = None,
    w_k: Array | None = None,
    w_v: Array | None = None,
    w_o: Array | None = None,
    mask: Mask | None = None,
    causal: bool = False,
    scale: float | None = None,
    return_weights: bool = False,
    report: Report | None = None,
) -> MultiHead:
    """Attend with several heads, each on its own d/h columns of the projected inputs.

    Parameters
    ----------
    query : array, shape (n, d)
        All arrays are finite and share one dtype, float32 or float64.
    key, value : array, shape (m, d)
    num_heads : int
        At least 1, and a divisor of d.
    w_q, w_k, w_v, w_o : array, shape (d, d), optional
        Projections, applied as `x @ w`; the identity by default.
    mask : array of bool, shape (n, m) or (h, n, m), optional
        True where a query may attend to a key; one for all heads, or one a head.
    causal : bool
        Let query i attend to the keys 0..i only.
    scale : float, optional
        Any finite number; 1/sqrt(d/h) by default.
    return_weights : bool
        Also give the (h, n, m) weights.
    report : callable, optional
        Called with the fraction done.

    Raises
    ------
    ValueError
        If d is no multiple of `num_heads` or the shapes do not fit.

    Notes
    -----
    Time O((n + m) d^2 + n m d); memory as `attention`, and O((n + m) d) for the projections.

    Source: Vaswani et al., "Attention Is All You Need", 2017, section 3.2.2.
    """
    if query is key and key is value and not (w_q is None or w_k is None or w_v is None):
        # Self-attention: one product in place of three.
        query, key, value = np.split(query @ np.hstack([w_q, w_k, w_v]), 3, axis=1)
    else:
        query, key, value = project(query, w_q), project(key, w_k), project(value, w_v)
    query, key, value = (split_heads(x, num_heads) for x in (query, key, value))
    heads, weights = attention(
        query,
        key,
        value,
        mask=mask,
        causal=causal,
        scale=scale,
        return_weights=return_weights,
        report=report,
    )
    return MultiHead(project(merge_heads(heads), w_o), heads, weights, query, key, value)


def project(x: Array, w: Array | None) -> Array:
    """`x @ w`, or x itself where there is no w."""
    return x if w is None else x @ w


def split_heads(x: Array, num_heads: int) -> Array:
    """(n, d) → (h, n, d/h), contiguous: head i takes the columns i·d/h to (i+1)·d/h − 1.

    Raises ValueError if d is no multiple of `num_heads`.
    """
    n, width = x.shape
    if width % num_heads:
        raise ValueError(f"{width} columns cannot be split into {num_heads} equal heads")
    return np.ascontiguousarray(x.reshape(n, num_heads, width // num_heads).swapaxes(0, 1))


def merge_heads(heads: Array) -> Array:
    """(h, n, d/h) → (n, d), the inverse of `split_heads`."""
    num_heads, n, width = heads.shape
    return heads.swapaxes(0, 1).reshape(n, num_heads * width)
