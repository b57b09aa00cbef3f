"""The tests of softmax. Expected values come from the reference."""

from collections.abc import Iterator

import numpy as np

EDGE_CASES = {
    "worked-example": "the example of the statement: a square array with one row of large scores",
    "one-dimension": "1-D: the whole array is one slice",
    "two-dimensions": "2-D, along axis 0 and along axis 1",
    "three-dimensions": "3-D, along the first, the middle and the last axis",
    "four-dimensions": "4-D, along an axis in the middle",
    "negative-axis": "an axis counted from the back",
    "default-axis": "axis left out means the last one",
    "square": "as many rows as columns, where a lost axis goes unnoticed",
    "integers": "integer scores give float weights",
    "large-scores": "scores in the thousands, of either sign, so that exp overflows or vanishes",
    "unlike-slices": "slices thousands apart in one array",
    "minus-infinity": "entries of -inf have the weight 0",
    "length-one": "slices of a single entry: every weight is 1",
    "equal-scores": "equal scores have equal weights",
    "no-such-axis": "an axis that x does not have raises ValueError",
}


def normal(seed: int, *shape: int) -> np.ndarray:
    """Scores from a normal distribution with standard deviation 2."""
    return np.random.default_rng(seed).normal(scale=2.0, size=shape)


def tests() -> Iterator[dict]:
    # Large scores are integers, hence exact in float32.
    yield {
        "name": "the worked example",
        "visible": True,
        "covers": "worked-example",
        "arguments": {"x": np.array([[0.0, np.log(3.0)], [1000.0, 1000.0]]), "axis": -1},
    }
    yield {
        "name": "one list of scores",
        "visible": True,
        "covers": "one-dimension",
        "arguments": {"x": np.array([0.5, -1.0, 2.0, 0.0]), "axis": 0},
    }
    yield {
        "name": "along the columns of whole numbers",
        "visible": True,
        "covers": "integers",
        "arguments": {"x": np.array([[1, 2, 3], [1, 4, 3]]), "axis": 0},
    }
    yield {
        "name": "along the rows",
        "visible": True,
        "covers": "two-dimensions",
        "arguments": {"x": np.array([[0.0, 1.0, 2.0], [3.0, -1.0, 0.5]]), "axis": 1},
    }
    yield {
        "name": "two axes, and the third is asked for",
        "visible": True,
        "covers": "no-such-axis",
        "arguments": {"x": np.array([[0.0, 1.0], [2.0, 3.0]]), "axis": 2},
        "raises": "ValueError",
    }
    yield {
        "name": "along the columns",
        "visible": False,
        "covers": "two-dimensions",
        "arguments": {"x": normal(21, 5, 3), "axis": 0},
    }
    yield {
        "name": "three axes, along the first",
        "visible": False,
        "covers": "three-dimensions",
        "arguments": {"x": normal(22, 2, 3, 4), "axis": 0},
    }
    yield {
        "name": "three axes, along the middle one",
        "visible": False,
        "covers": "three-dimensions",
        "arguments": {"x": normal(23, 4, 3, 2), "axis": 1},
    }
    yield {
        "name": "three axes, along the last",
        "visible": False,
        "covers": "three-dimensions",
        "arguments": {"x": normal(24, 3, 2, 5), "axis": -1},
    }
    yield {
        "name": "three axes, the second from the back",
        "visible": False,
        "covers": "negative-axis",
        "arguments": {"x": normal(25, 3, 3, 3), "axis": -2},
    }
    yield {
        "name": "four axes, the third from the back",
        "visible": False,
        "covers": "four-dimensions",
        "arguments": {"x": normal(30, 2, 3, 2, 3), "axis": -3},
    }
    yield {
        "name": "the axis is left out",
        "visible": False,
        "covers": "default-axis",
        "arguments": {"x": normal(26, 3, 4)},
    }
    yield {
        "name": "as many rows as columns",
        "visible": False,
        "covers": "square",
        "arguments": {"x": normal(27, 4, 4), "axis": 1},
    }
    yield {
        "name": "whole numbers in the thousands",
        "visible": False,
        "covers": "integers",
        "arguments": {"x": np.array([9998, 10000, 9999, -10000]), "axis": -1},
    }
    yield {
        "name": "nothing but very negative scores",
        "visible": False,
        "covers": "large-scores",
        "arguments": {"x": np.array([-10000.0, -9998.0, -9999.0]), "axis": 0},
    }
    yield {
        "name": "a winner by far",
        "visible": False,
        "covers": "large-scores",
        "arguments": {"x": np.array([[2048.0, 0.0], [0.0, 4096.0], [-2048.0, 0.0]]), "axis": 1},
    }
    yield {
        "name": "rows thousands apart",
        "visible": False,
        "covers": "unlike-slices",
        "arguments": {
            "x": np.array([[1000.0, 1001.0, 1003.0], [-1000.0, -1001.0, -998.0], [0.0, 2.0, 1.0]]),
            "axis": 1,
        },
    }
    yield {
        "name": "columns thousands apart",
        "visible": False,
        "covers": "unlike-slices",
        "arguments": {
            "x": np.array([[4096.0, 1.0, -4096.0, 0.0], [4095.0, 3.0, -4094.0, 0.0]]),
            "axis": 0,
        },
    }
    yield {
        "name": "some options are ruled out",
        "visible": False,
        "covers": "minus-infinity",
        "arguments": {
            "x": np.array([[0.0, -np.inf, 1.0], [-np.inf, -np.inf, 5.0], [2.0, 0.0, -np.inf]]),
            "axis": -1,
        },
    }
    yield {
        "name": "options ruled out beside large scores",
        "visible": False,
        "covers": "minus-infinity",
        "arguments": {"x": np.array([-np.inf, 2048.0, 2050.0, -np.inf]), "axis": -1},
    }
    yield {
        "name": "one option in each slice",
        "visible": False,
        "covers": "length-one",
        "arguments": {"x": normal(28, 3, 1), "axis": 1},
    }
    yield {
        "name": "all scores are equal",
        "visible": False,
        "covers": "equal-scores",
        "arguments": {"x": np.full((2, 5), 0.75), "axis": 1},
    }
    yield {
        "name": "a list of scores has no second axis",
        "visible": False,
        "covers": "no-such-axis",
        "arguments": {"x": np.array([0.0, 1.0, 2.0]), "axis": 1},
        "raises": "ValueError",
    }
    yield {
        "name": "too far from the back",
        "visible": False,
        "covers": "no-such-axis",
        "arguments": {"x": normal(29, 2, 3), "axis": -3},
        "raises": "ValueError",
    }
