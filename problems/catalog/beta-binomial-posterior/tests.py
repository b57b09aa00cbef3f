"""The tests of beta_binomial_posterior. Expected values come from the reference."""

from collections.abc import Iterator

import numpy as np

EDGE_CASES = {
    "worked-example": "the two examples of the statement",
    "asymmetric": "prior and data both lopsided, as symmetry hides a swap",
    "no-data": "no trials: the summary of the prior",
    "all-successes": "every trial succeeds",
    "no-successes": "no trial succeeds",
    "prior-below-one": "a prior with parameters below 1: there may be no mode inside (0, 1)",
    "exactly-one": "a posterior parameter of exactly 1: the mode is NaN",
    "many-trials": "so many trials that the prior hardly matters",
    "strong-prior": "a prior that is worth more than the data",
    "any-values": "ordinary values, drawn at random",
    "alpha-not-positive": "alpha of 0 or less raises ValueError",
    "beta-not-positive": "beta of 0 or less raises ValueError",
    "negative-successes": "a negative number of successes raises ValueError",
    "too-many-successes": "more successes than trials raise ValueError",
}


def arguments(alpha: float, beta: float, successes: int, trials: int) -> dict[str, float | int]:
    return {"alpha": alpha, "beta": beta, "successes": successes, "trials": trials}


def drawn(seed: int) -> dict[str, float | int]:
    """A prior with parameters from 1.5 to 9 and 20 to 60 trials, of which a quarter succeeds."""
    rng = np.random.default_rng(seed)
    trials = int(rng.integers(20, 60))
    return arguments(*rng.uniform(1.5, 9.0, size=2).tolist(), trials // 4, trials)


def tests() -> Iterator[dict]:
    yield {
        "name": "the worked example",
        "visible": True,
        "covers": "worked-example",
        "arguments": arguments(2, 2, 3, 10),
    }
    yield {
        "name": "no success in four, and no mode",
        "visible": True,
        "covers": "worked-example",
        "arguments": arguments(0.5, 0.5, 0, 4),
    }
    yield {
        "name": "a lopsided prior and lopsided data",
        "visible": True,
        "covers": "asymmetric",
        "arguments": arguments(1.5, 6.0, 9, 12),
    }
    yield {
        "name": "nothing was observed",
        "visible": True,
        "covers": "no-data",
        "arguments": arguments(3.0, 1.5, 0, 0),
    }
    yield {
        "name": "eleven of ten",
        "visible": True,
        "covers": "too-many-successes",
        "arguments": arguments(2.0, 3.0, 11, 10),
        "raises": "ValueError",
    }
    yield {
        "name": "every trial succeeds",
        "visible": False,
        "covers": "all-successes",
        "arguments": arguments(2.5, 4.0, 7, 7),
    }
    yield {
        "name": "no trial succeeds",
        "visible": False,
        "covers": "no-successes",
        "arguments": arguments(4.0, 2.5, 0, 9),
    }
    yield {
        "name": "a prior below 1, and a success and failures to lift it",
        "visible": False,
        "covers": "prior-below-one",
        "arguments": arguments(0.5, 0.25, 2, 7),
    }
    yield {
        "name": "a prior below 1, and only successes",
        "visible": False,
        "covers": "prior-below-one",
        "arguments": arguments(0.75, 0.5, 5, 5),
    }
    yield {
        "name": "a prior below 1, and nothing observed",
        "visible": False,
        "covers": "prior-below-one",
        "arguments": arguments(0.5, 0.25, 0, 0),
    }
    yield {
        "name": "the first parameter stays at 1",
        "visible": False,
        "covers": "exactly-one",
        "arguments": arguments(1.0, 3.0, 0, 2),
        "exact": True,
    }
    yield {
        "name": "the second parameter stays at 1",
        "visible": False,
        "covers": "exactly-one",
        "arguments": arguments(2.5, 1.0, 4, 4),
        "exact": True,
    }
    yield {
        "name": "a million trials",
        "visible": False,
        "covers": "many-trials",
        "arguments": arguments(30.0, 970.0, 31_415, 1_000_000),
    }
    yield {
        "name": "two trials against a firm belief",
        "visible": False,
        "covers": "strong-prior",
        "arguments": arguments(400.0, 1600.0, 2, 2),
    }
    yield {
        "name": "drawn at random",
        "visible": False,
        "covers": "any-values",
        "arguments": drawn(41),
    }
    yield {
        "name": "drawn at random once more",
        "visible": False,
        "covers": "any-values",
        "arguments": drawn(42),
    }
    yield {
        "name": "alpha is 0",
        "visible": False,
        "covers": "alpha-not-positive",
        "arguments": arguments(0.0, 2.0, 3, 10),
        "raises": "ValueError",
        "exact": True,
    }
    yield {
        "name": "alpha is negative",
        "visible": False,
        "covers": "alpha-not-positive",
        "arguments": arguments(-1.5, 2.0, 3, 10),
        "raises": "ValueError",
    }
    yield {
        "name": "beta is 0",
        "visible": False,
        "covers": "beta-not-positive",
        "arguments": arguments(2.0, 0.0, 3, 10),
        "raises": "ValueError",
        "exact": True,
    }
    yield {
        "name": "beta is negative",
        "visible": False,
        "covers": "beta-not-positive",
        "arguments": arguments(2.0, -0.5, 3, 10),
        "raises": "ValueError",
    }
    yield {
        "name": "a negative number of successes",
        "visible": False,
        "covers": "negative-successes",
        "arguments": arguments(5.0, 2.0, -1, 10),
        "raises": "ValueError",
    }
    yield {
        "name": "a negative number of trials",
        "visible": False,
        "covers": "too-many-successes",
        "arguments": arguments(2.0, 5.0, 0, -3),
        "raises": "ValueError",
    }
    yield {
        "name": "a success without a trial",
        "visible": False,
        "covers": "too-many-successes",
        "arguments": arguments(2.0, 5.0, 1, 0),
        "raises": "ValueError",
    }
