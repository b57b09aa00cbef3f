"""The tests of disease_posterior. Expected values come from the reference."""

from collections.abc import Iterator

import numpy as np

EDGE_CASES = {
    "worked-example": "the example of the statement, positive and negative",
    "common-disease": "a prevalence that is neither tiny nor one half",
    "default-result": "positive left out means a positive result",
    "nobody-sick": "prevalence 0: the posterior is 0",
    "everybody-sick": "prevalence 1: the posterior is 1",
    "perfect-test": "sensitivity 1 and specificity 1: the result is the truth",
    "useless-test": "sensitivity = 1 - specificity: the posterior is the prevalence",
    "rare-disease": "a prevalence of one in ten thousand",
    "any-values": "ordinary values, drawn at random",
    "impossible-result": "a result of probability 0 raises ValueError",
    "no-probability": "a number outside [0, 1] raises ValueError",
}


def arguments(
    prevalence: float, sensitivity: float, specificity: float, positive: bool
) -> dict[str, float | bool]:
    return {
        "prevalence": prevalence,
        "sensitivity": sensitivity,
        "specificity": specificity,
        "positive": positive,
    }


def drawn(seed: int) -> tuple[float, float, float]:
    """A prevalence in [0.05, 0.4], a sensitivity and a specificity in [0.6, 0.97]."""
    rng = np.random.default_rng(seed)
    return float(rng.uniform(0.05, 0.4)), *rng.uniform(0.6, 0.97, size=2).tolist()


def tests() -> Iterator[dict]:
    yield {
        "name": "the worked example, positive",
        "visible": True,
        "covers": "worked-example",
        "arguments": arguments(0.01, 0.9, 0.91, True),
    }
    yield {
        "name": "the worked example, negative",
        "visible": True,
        "covers": "worked-example",
        "arguments": arguments(0.01, 0.9, 0.91, False),
    }
    yield {
        "name": "a common disease",
        "visible": True,
        "covers": "common-disease",
        "arguments": arguments(0.4, 0.8, 0.7, True),
    }
    yield {
        "name": "a positive result from a test that is never positive",
        "visible": True,
        "covers": "impossible-result",
        "arguments": arguments(0.2, 0.0, 1.0, True),
        "raises": "ValueError",
        "exact": True,
    }
    yield {
        "name": "the result is left out",
        "visible": False,
        "covers": "default-result",
        "arguments": {"prevalence": 0.1, "sensitivity": 0.75, "specificity": 0.95},
    }
    yield {
        "name": "nobody has the disease",
        "visible": False,
        "covers": "nobody-sick",
        "arguments": arguments(0.0, 0.9, 0.8, True),
        "exact": True,
    }
    yield {
        "name": "everybody has the disease, and the test misses it",
        "visible": False,
        "covers": "everybody-sick",
        "arguments": arguments(1.0, 0.9, 0.8, False),
        "exact": True,
    }
    yield {
        "name": "a perfect test says yes",
        "visible": False,
        "covers": "perfect-test",
        "arguments": arguments(0.03, 1.0, 1.0, True),
        "exact": True,
    }
    yield {
        "name": "a perfect test says no",
        "visible": False,
        "covers": "perfect-test",
        "arguments": arguments(0.03, 1.0, 1.0, False),
        "exact": True,
    }
    yield {
        "name": "a test that knows nothing",
        "visible": False,
        "covers": "useless-test",
        "arguments": arguments(0.3, 0.25, 0.75, True),
    }
    yield {
        "name": "one in ten thousand",
        "visible": False,
        "covers": "rare-disease",
        "arguments": arguments(1e-4, 0.99, 0.999, True),
    }
    yield {
        "name": "one in ten thousand, cleared",
        "visible": False,
        "covers": "rare-disease",
        "arguments": arguments(1e-4, 0.99, 0.999, False),
    }
    yield {
        "name": "drawn at random, positive",
        "visible": False,
        "covers": "any-values",
        "arguments": arguments(*drawn(41), True),
    }
    yield {
        "name": "drawn at random, negative",
        "visible": False,
        "covers": "any-values",
        "arguments": arguments(*drawn(42), False),
    }
    yield {
        "name": "a negative result from a test that is never negative",
        "visible": False,
        "covers": "impossible-result",
        "arguments": arguments(0.2, 1.0, 0.0, False),
        "raises": "ValueError",
        "exact": True,
    }
    yield {
        "name": "a false alarm where there are none",
        "visible": False,
        "covers": "impossible-result",
        "arguments": arguments(0.0, 0.9, 1.0, True),
        "raises": "ValueError",
        "exact": True,
    }
    yield {
        "name": "all are sick, all are found, one is negative",
        "visible": False,
        "covers": "impossible-result",
        "arguments": arguments(1.0, 1.0, 0.9, False),
        "raises": "ValueError",
        "exact": True,
    }
    yield {
        "name": "a prevalence below 0",
        "visible": False,
        "covers": "no-probability",
        "arguments": arguments(-0.1, 0.9, 0.9, True),
        "raises": "ValueError",
    }
    yield {
        "name": "a sensitivity above 1",
        "visible": False,
        "covers": "no-probability",
        "arguments": arguments(0.1, 1.5, 0.9, True),
        "raises": "ValueError",
    }
    yield {
        "name": "a specificity in per cent",
        "visible": False,
        "covers": "no-probability",
        "arguments": arguments(0.1, 0.9, 91.0, False),
        "raises": "ValueError",
    }
    yield {
        "name": "a prevalence above 1",
        "visible": False,
        "covers": "no-probability",
        "arguments": arguments(1.25, 0.9, 0.9, True),
        "raises": "ValueError",
    }
    yield {
        "name": "a sensitivity below 0",
        "visible": False,
        "covers": "no-probability",
        "arguments": arguments(0.1, -0.25, 0.9, False),
        "raises": "ValueError",
    }
    yield {
        "name": "a specificity below 0",
        "visible": False,
        "covers": "no-probability",
        "arguments": arguments(0.1, 0.9, -0.5, True),
        "raises": "ValueError",
    }
