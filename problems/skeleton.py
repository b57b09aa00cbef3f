"""What a new problem begins with: it reads, and says in every place what belongs there."""

import re

from problems.document import (
    Example,
    Function,
    Limits,
    Misconception,
    Parameter,
    ProblemDocument,
    Tolerance,
)
from problems.gate_texts import TO_WRITE

__all__ = ["is_slug", "skeleton"]

SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_SLUG = 60

TEASER = (
    f"{TO_WRITE} two sentences that make somebody want to solve it; what do they understand"
    " afterwards that they did not before?"
)
STATEMENT = f"""\
{TO_WRITE} the situation in two or three sentences, and what the function is to compute.

### The definition

{TO_WRITE} the formula, and the meaning and shape of every symbol in it.

### By hand

{TO_WRITE} one example with numbers so small that it can be done on paper, step by step.

### What is promised, what is asked

{TO_WRITE} types and shapes, what may be left out, each error, and how exact an answer must be."""
EDITORIAL = f"""\
### Why it works

{TO_WRITE} the idea, not the lines of the code.

### What it costs

{TO_WRITE} time and memory, in the sizes of the input.

### Another way

{TO_WRITE} another solution, and when it is the better one.

### What goes wrong

{TO_WRITE} each misconception, with what it gives for the worked example."""
HINTS = [
    f"{TO_WRITE} a question that makes the reader try a tiny case.",
    f"{TO_WRITE} the idea, in words.",
    f"{TO_WRITE} the method by name and its steps, without a line of the solution.",
]
STARTER = '''\
import numpy as np


def {name}(x: np.ndarray) -> float:
    """{to_write} what it returns, in one line."""
    # {to_write} one or two comments on the steps. It must run, and return something wrong.
    return 0.0'''
SOLUTION = """\
import numpy as np


def {name}(x: np.ndarray) -> float:
    raise NotImplementedError("{to_write} {what}")"""
TESTS = '''\
"""The tests of {name}. Expected values come from the reference."""

from collections.abc import Iterator

import numpy as np

EDGE_CASES = {{
    "worked-example": "the example of the statement",
    "any-values": "ordinary values, drawn at random",
    "no-values": "an empty array raises ValueError",
}}


def tests() -> Iterator[dict]:
    # {to_write} a test for each edge case, the visible ones first. See bayes-diagnostic-test.
    yield {{
        "name": "the worked example",
        "visible": True,
        "covers": "worked-example",
        "arguments": {{"x": np.array([1.0, 2.0, 4.0])}},
    }}
    yield {{
        "name": "drawn at random",
        "visible": False,
        "covers": "any-values",
        "arguments": {{"x": np.random.default_rng(1).normal(size=7)}},
    }}
    yield {{
        "name": "nothing at all",
        "visible": False,
        "covers": "no-values",
        "arguments": {{"x": np.zeros(0)}},
        "raises": "ValueError",
    }}'''


def is_slug(text: str) -> bool:
    return len(text) <= LONGEST_SLUG and SLUG.fullmatch(text) is not None


def skeleton(slug: str, topic: str, position: int) -> ProblemDocument:
    """A problem of which everything is still to be written, under its home topic."""
    name = slug.replace("-", "_")
    texts = {"name": name, "to_write": TO_WRITE}
    return ProblemDocument(
        slug=slug,
        title=slug.replace("-", " ").capitalize(),
        summary=f"{TO_WRITE} in one sentence, what is computed.",
        difficulty="easy",
        topics=[topic],
        position=position,
        teaser=TEASER,
        licence="CC BY 4.0",
        author="Casebook",
        function=Function(
            name=name,
            signature=f"{name}(x: np.ndarray) -> float",
            returns=f"{TO_WRITE} type and shape of the result.",
            raises=["ValueError if x is empty"],
            parameters=[
                Parameter(name="x", type="np.ndarray, shape (n,)", text=f"{TO_WRITE} what it is.")
            ],
        ),
        examples=[
            Example(
                input=f"{name}(np.array([1.0, 2.0, 4.0]))",
                output="0.0",
                explanation=f"{TO_WRITE} how this comes about, and the right output above.",
            )
        ],
        limits=Limits(time_seconds=2.0, memory_mb=256),
        tolerance=Tolerance(rtol=1e-4, atol=1e-6),
        starter_code=STARTER.format(**texts),
        hints=HINTS,
        statement=STATEMENT,
        editorial=EDITORIAL,
        reference=SOLUTION.format(**texts, what="the solution that is right by definition."),
        alternative=SOLUTION.format(**texts, what="a solution in another style, such as loops."),
        tests=TESTS.format(**texts),
        misconceptions=[
            Misconception(
                id="a-common-mistake",
                title=f"{TO_WRITE} the mistake in a few words",
                topic=topic,
                text=f"{TO_WRITE} what the result shows, why that is wrong, and which idea repairs"
                " it; never the finished line.",
                code=SOLUTION.format(**texts, what="the reference with this one change."),
            )
        ],
    )
