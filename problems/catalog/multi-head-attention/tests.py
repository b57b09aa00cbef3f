"""The tests of multi_head_attention. Expected values come from the reference."""

from collections.abc import Iterator

import numpy as np

EDGE_CASES = {
    "worked-example": "the example of the statement",
    "one-head": "h = 1: plain attention",
    "width-one": "h = d: heads of width 1, where the scale is 1",
    "self-attention": "n = m, with neither h nor d/h equal to 1",
    "one-query": "n = 1",
    "one-key": "m = 1: every weight is 1",
    "cross-attention": "n differs from m",
    "large-scores": "scores in the hundreds, so that exp overflows or vanishes without a shift",
    "equal-scores": "scores that are all equal: the plain mean of the values",
    "no-heads": "num_heads below 1 raises ValueError",
    "not-divisible": "d not divisible by num_heads raises ValueError",
    "shapes-disagree": "K or V of another shape than (m, d) raises ValueError",
}


def normal(seed: int, n: int, m: int, d: int) -> dict[str, np.ndarray]:
    """Queries, keys and values drawn from a standard normal distribution."""
    rng = np.random.default_rng(seed)
    return {
        "Q": rng.normal(size=(n, d)),
        "K": rng.normal(size=(m, d)),
        "V": rng.normal(size=(m, d)),
    }


def large(sign: float) -> dict[str, np.ndarray]:
    """Two heads of width 4 whose scaled scores are ±800, ±801 and ±802.

    All entries are small integers times powers of two, hence exact in float32.
    """
    keys = np.zeros((3, 8))
    keys[:, 0] = keys[:, 7] = 1.0
    keys[:, 1] = [0.0, 1.0, 2.0]
    keys[:, 6] = [2.0, 0.0, 1.0]
    queries = np.zeros((2, 8))
    queries[:, 0] = queries[:, 7] = 1600.0 * sign
    queries[:, 1] = queries[:, 6] = 2.0 * sign
    values = np.arange(24, dtype=float).reshape(3, 8) * np.array([[1.0], [-2.0], [3.0]])
    return {"Q": queries, "K": keys, "V": values}


def tests() -> Iterator[dict]:
    worked = np.array([[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0]])
    yield {
        "name": "the worked example",
        "visible": True,
        "covers": "worked-example",
        "arguments": {
            "Q": worked,
            "K": worked.copy(),
            "V": np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]),
            "num_heads": 2,
        },
    }
    yield {
        "name": "one head is plain attention",
        "visible": True,
        "covers": "one-head",
        "arguments": {**normal(11, 3, 3, 4), "num_heads": 1},
    }
    yield {
        "name": "three heads over four tokens",
        "visible": True,
        "covers": "self-attention",
        "arguments": {**normal(12, 4, 4, 6), "num_heads": 3},
    }
    yield {
        "name": "two queries over five keys",
        "visible": True,
        "covers": "cross-attention",
        "arguments": {**normal(13, 2, 5, 6), "num_heads": 2},
    }
    yield {
        "name": "five columns cannot be split into two heads",
        "visible": True,
        "covers": "not-divisible",
        "arguments": {**normal(14, 2, 2, 5), "num_heads": 2},
        "raises": "ValueError",
    }
    yield {
        "name": "heads of width one",
        "visible": False,
        "covers": "width-one",
        "arguments": {**normal(21, 4, 3, 5), "num_heads": 5},
    }
    yield {
        "name": "a single query",
        "visible": False,
        "covers": "one-query",
        "arguments": {**normal(22, 1, 4, 8), "num_heads": 2},
    }
    yield {
        "name": "a single key",
        "visible": False,
        "covers": "one-key",
        "arguments": {**normal(23, 3, 1, 6), "num_heads": 3},
    }
    yield {
        "name": "more queries than keys",
        "visible": False,
        "covers": "cross-attention",
        "arguments": {**normal(24, 7, 4, 12), "num_heads": 4},
    }
    yield {
        "name": "a longer sequence with eight heads",
        "visible": False,
        "covers": "self-attention",
        "arguments": {**normal(25, 16, 16, 32), "num_heads": 8},
    }
    yield {
        "name": "large positive scores",
        "visible": False,
        "covers": "large-scores",
        "arguments": {**large(1.0), "num_heads": 2},
    }
    yield {
        "name": "large negative scores",
        "visible": False,
        "covers": "large-scores",
        "arguments": {**large(-1.0), "num_heads": 2},
    }
    yield {
        "name": "queries of zeros weigh all keys alike",
        "visible": False,
        "covers": "equal-scores",
        "arguments": {**normal(26, 3, 4, 6), "Q": np.zeros((3, 6)), "num_heads": 2},
    }
    yield {
        "name": "no heads at all",
        "visible": False,
        "covers": "no-heads",
        "arguments": {**normal(31, 2, 2, 4), "num_heads": 0},
        "raises": "ValueError",
    }
    yield {
        "name": "a negative number of heads",
        "visible": False,
        "covers": "no-heads",
        "arguments": {**normal(32, 2, 2, 4), "num_heads": -2},
        "raises": "ValueError",
    }
    yield {
        "name": "more heads than columns",
        "visible": False,
        "covers": "not-divisible",
        "arguments": {**normal(33, 2, 2, 4), "num_heads": 8},
        "raises": "ValueError",
    }
    yield {
        "name": "keys of another width",
        "visible": False,
        "covers": "shapes-disagree",
        "arguments": {**normal(34, 2, 3, 4), "K": np.ones((3, 8)), "num_heads": 2},
        "raises": "ValueError",
    }
    yield {
        "name": "values of another width",
        "visible": False,
        "covers": "shapes-disagree",
        "arguments": {**normal(35, 2, 3, 4), "V": np.ones((3, 8)), "num_heads": 2},
        "raises": "ValueError",
    }
    yield {
        "name": "more values than keys",
        "visible": False,
        "covers": "shapes-disagree",
        "arguments": {**normal(36, 2, 3, 4), "V": np.ones((4, 4)), "num_heads": 2},
        "raises": "ValueError",
    }
    yield {
        "name": "keys and values agree, and the queries are narrower",
        "visible": False,
        "covers": "shapes-disagree",
        "arguments": {
            **normal(37, 2, 3, 4),
            "K": np.ones((3, 8)),
            "V": np.ones((3, 8)),
            "num_heads": 2,
        },
        "raises": "ValueError",
    }
