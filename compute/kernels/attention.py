"""Scaled dot-product attention on NumPy arrays, exact and with little memory."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]
# Called with the fraction of the work that is done.
Report = Callable[[float], None]

LOG2_E = float(np.log2(np.e))

# Up to this many queries, one product over all heads is faster than tiles...
BATCHED_QUERIES = 256
# ...as long as all scores together stay small (32 MB in float64).
BATCHED_SCORES = 2**22
TILE = 128
# Long inputs without a mask gain from taller tiles.
TALL_TILE = 256
TALL_FROM = 1024

# Scores (in base 2) below this bound need no shift: 2^60 times a row of any length we allow
# fits float32, and 2^-60 is far from its smallest normal number.
SAFE_EXPONENT = 60.0


class Attention(NamedTuple):
    """`output` of shape (..., n, e) and `weights` of shape (..., n, m), None if not asked for."""

    output: Array
    weights: Array | None


def attention(
    query: Array,
    key: Array,
    value: Array,
    *,
    mask: Mask | None = None,
    causal: bool = False,
    scale: float | None = None,
    return_weights: bool = False,
    report: Report | None = None,
) -> Attention:
    """Average the values, each weighted by how well its key matches the query.

    output = softmax(scale * query @ key.T) @ value, the softmax along the keys.

    Parameters
    ----------
    query : array, shape (n, d) or (h, n, d)
        All arrays are finite and share one dtype, float32 or float64, which the result has too.
    key : array, shape (m, d) or (h, m, d)
    value : array, shape (m, e) or (h, m, e)
    mask : array of bool, shape (n, m) or (h, n, m), optional
        True where a query may attend to a key. A query that may attend to nothing gives zeros.
    causal : bool
        Let query i attend to the keys 0..i only (aligned to the upper left when n != m).
    scale : float, optional
        Any finite number; 1/sqrt(d) by default.
    return_weights : bool
        Also give the (h, n, m) weights.
    report : callable, optional
        Called after each tile of queries with the fraction done.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Notes
    -----
    Time O(h n m (d + e)). Memory beside inputs and output: O(h m d) and one tile of scores,
    O(m), unless the weights are wanted or there are at most 256 queries. Scores in the millions
    are safe: a row is shifted by its own maximum unless a bound on all scores makes that needless.

    Source: Vaswani et al., "Attention Is All You Need", 2017, equation 1; the tiles follow
    Rabe and Staats, "Self-attention Does Not Need O(n^2) Memory", 2021, with whole key rows.
    """
    _check_shapes(query, key, value, mask)
    single = query.ndim == 2
    if single:
        query, key, value = query[None], key[None], value[None]
    heads, n, width = query.shape
    m = key.shape[1]
    if mask is not None and mask.ndim == 2:
        mask = np.broadcast_to(mask, (heads, n, m))

    scale = 1 / np.sqrt(width) if scale is None else scale
    # exp2 is cheaper than exp; the change of base costs nothing when folded into the query.
    factor = query.dtype.type(scale * LOG2_E)
    shift = not _scores_are_safe(query, key, value, float(factor))

    weights: Array | None
    if n <= BATCHED_QUERIES and heads * n * m <= BATCHED_SCORES:
        output, weights = _batched(query * factor, key, value, mask, causal, shift)
        weights = weights if return_weights else None
    else:
        weights = np.zeros((heads, n, m), query.dtype) if return_weights else None
        output = _tiled(query, factor, key, value, mask, causal, shift, weights, report)

    if single:
        return Attention(output[0], None if weights is None else weights[0])
    return Attention(output, weights)


def scratch_bytes(heads: int, n: int, m: int, width: int, itemsize: int, *, full: bool) -> int:
    """Bytes that `attention` needs beside its inputs and output.

    With `full`, all scores at once, as when the weights are wanted; else as when they are not.
    """
    if n <= BATCHED_QUERIES and heads * n * m <= BATCHED_SCORES:
        return itemsize * heads * (n * m + n * width)
    scores = heads * n * m if full else TALL_TILE * m
    return itemsize * (scores + heads * m * width + TALL_TILE * width)


def _check_shapes(query: Array, key: Array, value: Array, mask: Mask | None) -> None:
    if query.ndim not in (2, 3) or not query.ndim == key.ndim == value.ndim:
        raise ValueError(
            "query, key and value must all have 2 axes, or all 3 with the heads first: "
            f"{query.shape}, {key.shape}, {value.shape}"
        )
    if not query.shape[:-2] == key.shape[:-2] == value.shape[:-2]:
        raise ValueError(f"heads differ: {query.shape}, {key.shape}, {value.shape}")
    if query.shape[-1] != key.shape[-1]:
        raise ValueError(f"query and key differ in width: {query.shape} and {key.shape}")
    if key.shape[-2] != value.shape[-2]:
        raise ValueError(f"key and value differ in length: {key.shape} and {value.shape}")
    scores = (*query.shape[:-1], key.shape[-2])
    if mask is not None and mask.shape not in (scores, scores[-2:]):
        raise ValueError(f"the mask has shape {mask.shape}, the scores {scores}")


def _scores_are_safe(query: Array, key: Array, value: Array, factor: float) -> bool:
    """Whether exp2 of every score, and its products with the values, can stand unshifted."""
    with np.errstate(over="ignore"):
        longest_query = float(np.sqrt(np.einsum("hnd,hnd->hn", query, query).max()))
        longest_key = float(np.sqrt(np.einsum("hmd,hmd->hm", key, key).max()))
    # No score exceeds the product of the norms (Cauchy-Schwarz). Norms that overflow make it
    # inf, or nan where the other is zero; neither is below the bound.
    if not abs(factor) * longest_query * longest_key < SAFE_EXPONENT:
        return False
    largest_sum: float = float(np.abs(value).max()) * key.shape[1] * 2.0**SAFE_EXPONENT
    return largest_sum < float(np.finfo(query.dtype).max)


def _exponentials(scores: Array, shift: bool) -> Array:
    """Turn scores (base 2) into unnormalised weights in place; give 1 / the sum of each row."""
    if shift:
        top = scores.max(axis=-1, keepdims=True)
        # A query that may attend to nothing: any finite shift leaves its weights at zero.
        top[np.isneginf(top)] = 0
        scores -= top
    np.exp2(scores, out=scores)
    sums: Array = (scores @ np.ones(scores.shape[-1], scores.dtype))[..., None]
    return np.divide(1, sums, out=np.zeros_like(sums), where=sums > 0)


def _batched(
    query: Array, key: Array, value: Array, mask: Mask | None, causal: bool, shift: bool
) -> tuple[Array, Array]:
    weights = np.matmul(query, key.swapaxes(1, 2))
    n, m = weights.shape[1:]
    if mask is not None:
        np.copyto(weights, -np.inf, where=~mask)
    if causal:
        np.copyto(weights, -np.inf, where=np.triu(np.ones((n, m), bool), 1))
    inverse = _exponentials(weights, shift)
    output = np.matmul(weights, value)
    output *= inverse
    weights *= inverse
    return output, weights


def _tiled(
    query: Array,
    factor: np.floating,
    key: Array,
    value: Array,
    mask: Mask | None,
    causal: bool,
    shift: bool,
    weights: Array | None,
    report: Report | None,
) -> Array:
    """The output, one tile of queries at a time; fills `weights` (zeros) if given."""
    heads, n, _ = query.shape
    m = key.shape[1]
    tile = TALL_TILE if n >= TALL_FROM and mask is None and not causal else TILE
    output = np.empty((heads, n, value.shape[2]), query.dtype)
    scratch = np.empty(tile * m, query.dtype)
    # Transposed once, so that every product reads it in order.
    key_columns = np.ascontiguousarray(key.swapaxes(1, 2))
    future = np.triu(np.ones((tile, tile), bool), 1)

    for head in range(heads):
        for start in range(0, n, tile):
            stop = min(start + tile, n)
            # Behind the last query of a causal tile there is nothing to read.
            seen = min(stop, m) if causal else m
            scores = scratch[: (stop - start) * seen].reshape(stop - start, seen)
            np.matmul(query[head, start:stop] * factor, key_columns[head, :, :seen], out=scores)
            if mask is not None:
                np.copyto(scores, -np.inf, where=~mask[head, start:stop, :seen])
            if causal and start < seen:
                diagonal = scores[:, start:seen]
                np.copyto(diagonal, -np.inf, where=future[: stop - start, : seen - start])
            inverse = _exponentials(scores, shift)
            block = output[head, start:stop]
            np.matmul(scores, value[head, :seen], out=block)
            block *= inverse
            if weights is not None:
                np.multiply(scores, inverse, out=weights[head, start:stop, :seen])
            if report is not None:
                report((head + stop / n) / heads)
    return output
