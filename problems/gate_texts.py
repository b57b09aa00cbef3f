"""The part of the publish gate that reads: is everything written, covered, printed right?"""

import ast
import difflib
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from kb.teasers import wrong_with_teaser
from problems.document import Example, ProblemDocument
from problems.judge.codec import Value
from problems.judge.compare import compare
from problems.judge.outcomes import Call, Kind
from problems.judge.sandbox import Sandbox
from problems.judge.testset import TestSet, described, limits_of
from problems.judge.testsfile import edge_cases
from problems.package import package_files

__all__ = ["TO_WRITE", "covered", "examples", "hints", "teaser", "unwritten", "values"]

# What `manage.py new_problem` leaves for its author, in every place that is still to be filled.
TO_WRITE = "To write:"
# What stands around such a sentence in code and TOML.
QUOTES = "\"') "
# Larger numbers in arrays must be exact in float32, or a float32 solution fails by rounding alone.
LARGE = 256.0
MAX_VISIBLE = 20
# A hint may share so many words and signs in a row with the reference.
LONGEST_SHARED = 7
TOKEN = re.compile(r"\w+|[^\w\s]")
NOT_FINITE = re.compile(r"\b(nan|inf|infinity|infinite)\b|∞", re.IGNORECASE)
NAMED_NUMBERS = {"nan": math.nan, "inf": math.inf}
# An output is printed with some of its digits.
PRINTED_RTOL, PRINTED_ATOL = 1e-3, 1e-9


def unwritten(document: ProblemDocument) -> Iterator[str]:
    """What the skeleton of a new problem still asks for, file by file."""
    for name, text in package_files(document).items():
        for number, line in enumerate(text.split("\n"), 1):
            if TO_WRITE in line:
                said = line.partition(TO_WRITE)[2].strip(QUOTES)
                yield f"{name}:{number}: still to write: {said}"


def teaser(document: ProblemDocument) -> Iterator[str]:
    """The day's digest says what solving it teaches, in whole sentences."""
    if wrong := wrong_with_teaser(document.teaser):
        yield f"problem.toml: The teaser (what solving it teaches, for the day's digest) {wrong}"


def covered(document: ProblemDocument, test_set: TestSet) -> Iterator[str]:
    """Each edge case and each error of the contract has a test."""
    tested = {test.covers for test in test_set.tests}
    for key, sentence in (edge_cases(document.tests) or {}).items():
        if key not in tested:
            yield f"tests.py: no test covers the edge case {key!r} ({sentence})."
    visible = sum(test.visible for test in test_set.tests)
    if visible > MAX_VISIBLE:
        yield f"tests.py: {visible} tests are visible; at most {MAX_VISIBLE} may be."
    if visible == len(test_set.tests):
        yield "tests.py: every test is visible; whoever copies the expected values would pass."
    promised: dict[str, int] = {}
    for sentence in document.function.raises:
        name = sentence.split()[0].strip(":,.")
        promised[name] = promised.get(name, 0) + 1
    asked: dict[str, set[str]] = {}
    for test in test_set.tests:
        if test.raises:
            asked.setdefault(test.raises, set()).add(test.covers)
    for name, count in promised.items():
        if (found := len(asked.get(name, ()))) < count:
            yield (
                f"function.raises names {count} cases of {name}, and {found} edge cases are tested"
                " with it; give each case a key of its own in EDGE_CASES, and a test."
            )
    for name in asked.keys() - promised.keys():
        yield f"A test asks for a {name}, which function.raises does not name."


def values(document: ProblemDocument, test_set: TestSet) -> Iterator[str]:
    """Large inputs are exact in float32; results are finite where the contract says no more."""
    contract = f"{document.function.returns} {document.statement}"
    for test in test_set.tests:
        for name, value in test.arguments.items():
            if isinstance(value, np.ndarray) and value.dtype == np.float64:
                large = value[np.isfinite(value) & (np.abs(value) >= LARGE)]
                if (large.astype(np.float32) != large).any():
                    yield (
                        f"The test “{test.name}” has large numbers in `{name}` that float32 cannot"
                        " hold exactly; use whole numbers or multiples of a power of two."
                    )
        if not _is_finite(test.expected) and not NOT_FINITE.search(contract):
            yield (
                f"The result of the test “{test.name}” is not finite, and neither the statement nor"
                " function.returns speaks of NaN or infinity."
            )


def _is_finite(value: Value) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_finite, value))
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if value is None or isinstance(value, str):
        return True
    array = np.asarray(value)
    return array.dtype.kind not in "fc" or bool(np.isfinite(array).all())


def hints(document: ProblemDocument) -> Iterator[str]:
    """No hint gives the solution away."""
    code = TOKEN.findall(document.reference)
    for number, hint in enumerate(document.hints, 1):
        words = TOKEN.findall(hint)
        match = difflib.SequenceMatcher(None, words, code, autojunk=False).find_longest_match()
        if match.size > LONGEST_SHARED:
            shared = " ".join(words[match.a : match.a + match.size])
            yield f"hints.md: hint {number} holds a piece of the reference: {shared}"


def examples(document: ProblemDocument, sandbox: Sandbox) -> Iterator[str]:
    """The worked examples come out as they are printed."""
    for number, example in enumerate(document.examples, 1):
        if complaint := _wrong_example(example, document, sandbox):
            yield f"Example {number} of problem.toml {complaint}"


def _wrong_example(example: Example, document: ProblemDocument, sandbox: Sandbox) -> str:
    source = (
        f"{document.reference}\n\nimport numpy as np\n\n\n"
        f"def worked_example():\n    return (\n{example.input}\n)\n"
    )
    call = Call({}, expected_bytes=64 * 1024)
    run = sandbox.run(source.encode(), "worked_example", [call], limits_of(document))
    [outcome] = run.outcomes
    if run.fault or run.invalid or run.loading:
        said = run.fault or (run.invalid and run.invalid.message)
        return f"cannot be executed: {said or (run.loading and described(run.loading))}"
    if outcome.raised and outcome.raised.is_a(example.output):
        return ""
    if outcome.kind is not Kind.VALUE:
        return f"comes to an error: {described(outcome)}"
    try:
        printed = _literal(example.output)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return "has an output that is neither a Python literal nor the name of an error."
    if difference := compare(printed, _listed(outcome.value), PRINTED_RTOL, PRINTED_ATOL):
        return f"comes out otherwise than it is printed. {difference.message}"
    return ""


def _literal(text: str) -> Any:
    """A Python literal, with nan and inf as numbers. Raises as ast.literal_eval does."""

    class Named(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            if node.id in NAMED_NUMBERS:
                return ast.copy_location(ast.Constant(NAMED_NUMBERS[node.id]), node)
            return node

    return ast.literal_eval(Named().visit(ast.parse(text.strip(), mode="eval")))


def _listed(value: Value) -> Value:
    """The value with arrays as nested lists, as they are printed."""
    if isinstance(value, np.ndarray):
        listed: Value = value.tolist()
        return listed
    if isinstance(value, list | tuple):
        return [_listed(item) for item in value]
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    return value
