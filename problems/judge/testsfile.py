"""What a package's tests.py says, checked before it is believed."""

import ast
from collections.abc import Iterator, Sequence
from typing import Any

from problems.document import ProblemDocument, required_parameters
from problems.judge.answers import Test
from problems.judge.codec import Value

__all__ = ["RAISES", "edge_cases", "test_from", "wrong_with"]

# What a contract may ask for. Not a TypeError: that is what a result that cannot be judged gives.
RAISES = ("ValueError", "IndexError", "KeyError", "ZeroDivisionError")
KEYS = {"name", "visible", "covers", "arguments", "raises", "exact"}
MAX_TESTS = 100
MAX_NAME = 100
LONGEST_SHOWN = 60


def edge_cases(source: str) -> dict[str, str] | None:
    """EDGE_CASES of a tests.py, read and not executed; None where it is no literal of texts."""
    for node in ast.parse(source).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="EDGE_CASES")], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id="EDGE_CASES"), value=ast.expr() as value):
                pass
            case _:
                continue
        try:
            found = ast.literal_eval(value)
        except (ValueError, TypeError, RecursionError, MemoryError):
            return None
        if isinstance(found, dict) and all(
            isinstance(text, str) for pair in found.items() for text in pair
        ):
            return found
        return None
    return None


def wrong_with(yielded: Sequence[Value], document: ProblemDocument) -> Iterator[str]:
    """What is wrong with what `tests()` yields, each sentence with the name of its test."""
    if not yielded:
        yield "tests.py: tests() yields no test."
    if len(yielded) > MAX_TESTS:
        yield f"tests.py: tests() yields {len(yielded)} tests; at most {MAX_TESTS} are allowed."
    cases = edge_cases(document.tests)
    if cases is None:
        yield "tests.py: EDGE_CASES must be a dict written out, from a key to a sentence."
    if yielded and not any(
        isinstance(test, dict) and test.get("visible") is True for test in yielded
    ):
        yield "tests.py: no test is visible."
    names: set[str] = set()
    for number, test in enumerate(yielded, 1):
        if not isinstance(test, dict):
            yield f"tests.py: test {number} is no dict."
            continue
        name = test.get("name")
        if not isinstance(name, str) or not 0 < len(name.strip()) <= MAX_NAME:
            yield f"tests.py: test {number} must have a name of at most {MAX_NAME} characters."
            continue
        if name in names:
            yield f"tests.py: two tests have the name “{name}”."
        names.add(name)
        for said in _wrong_in(test, document, cases):
            yield f"tests.py: the test “{name}” {said}"


def _wrong_in(
    test: dict[Any, Value], document: ProblemDocument, cases: dict[str, str] | None
) -> Iterator[str]:
    if unknown := sorted(str(key) for key in test if key not in KEYS):
        yield f"has the key {_short(unknown[0])}; a test has {', '.join(sorted(KEYS))}."
    for key in ("visible", "exact"):
        if not isinstance(test.get(key, False), bool):
            yield f"has {key} = {_short(test[key])}; it must be True or False."
    if "visible" not in test:
        yield "does not say whether it is visible."
    covers = test.get("covers")
    if cases is not None and not (isinstance(covers, str) and covers in cases):
        yield f"covers {_short(covers)}, which is no key of EDGE_CASES."
    raises = test.get("raises", "")
    if not (isinstance(raises, str) and raises in ("", *RAISES)):
        yield f"raises {_short(raises)}; it must be one of {', '.join(RAISES)}."
    arguments = test.get("arguments")
    parameters = [parameter.name for parameter in document.function.parameters]
    if not isinstance(arguments, dict):
        yield "has no dict of arguments."
        return
    for key in arguments:
        if key not in parameters:
            yield f"has the argument {_short(key)}; the parameters are {', '.join(parameters)}."
    for name in required_parameters(document.function.signature):
        if name not in arguments:
            yield f"has no argument {name!r}, which has no default."


def test_from(yielded: Any) -> Test:
    """A test that has passed `wrong_with`; what is right is not known yet."""
    return Test(
        yielded["name"],
        yielded["visible"],
        yielded["covers"],
        yielded["arguments"],
        raises=yielded.get("raises", ""),
        exact=yielded.get("exact", False),
    )


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
