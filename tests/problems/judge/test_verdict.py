"""What a submission is told, with real processes behind it."""

import json
import math

import numpy as np
import pytest

from problems.judge.answers import Test
from problems.judge.outcomes import Limits
from problems.judge.shown import from_json, shown
from problems.judge.testset import TestSet
from problems.judge.verdict import MAX_SHOWN, judge, try_out

SECRET = 987654321.125
X = np.array([[1.0, 2.0], [3.0, 4.0]])
FIELDS = (
    *("name", "visible", "verdict", "time_ms", "message", "input", "expected", "actual"),
    *("stdout", "traceback"),
)
OF_VISIBLE = FIELDS[3:]

DOUBLE = "def double(x, by=2):\n    if by < 0:\n        raise ValueError\n    return x * by\n"


def make(tests, function="double", parameters=("x", "by"), limits=None):
    return TestSet(function, parameters, tuple(tests), (), limits or Limits(0.5), 1e-6, 1e-9)


TESTS = make(
    [
        Test("plain", True, "any", {"x": X, "by": 2}, X * 2),
        Test("refused", True, "negative", {"x": X, "by": -1}, raises="ValueError"),
        Test("the default", False, "any", {"x": np.array([SECRET])}, np.array([2 * SECRET])),
        Test("the secret name", False, "any", {"x": np.array([5.0]), "by": 3}, np.array([15.0])),
    ]
)


def verdicts(judgement):
    return [test["verdict"] for test in judgement.tests]


@pytest.fixture
def told(sandbox):
    """What a source is told of its first test."""

    def run(source, test_set=TESTS):
        judgement = judge(sandbox, test_set, source)
        return judgement, judgement.tests[0]

    return run


def test_a_right_solution_is_accepted(sandbox):
    judgement = judge(sandbox, TESTS, DOUBLE)

    assert (judgement.verdict, judgement.score, judgement.fault) == ("accepted", 1.0, "")
    assert verdicts(judgement) == ["accepted"] * 4
    assert judgement.diagnosis is None
    assert judgement.memory_mb < 64


def test_every_test_has_the_fields_of_the_api(sandbox):
    for source in (DOUBLE, "def double(x, by=2): return 1", "def double(:", "1 / 0"):
        for test in judge(sandbox, TESTS, source).tests:
            assert tuple(test) == FIELDS


def test_a_visible_test_shows_all(told):
    source = DOUBLE.replace("return x * by", "print('hello')\n    return x * by + x / x")
    judgement, first = told(source)

    assert (judgement.verdict, judgement.score) == ("wrong_answer", 0.5)
    assert first["name"] == "plain"
    assert first["input"] == {"x": [[1.0, 2.0], [3.0, 4.0]], "by": 2}
    assert first["expected"] == [[2.0, 4.0], [6.0, 8.0]]
    assert first["actual"] == [[3.0, 5.0], [7.0, 9.0]]
    assert first["stdout"] == "hello\n"
    assert first["message"] == "At [0, 0]: 3.0 instead of 2.0 (4 of 4 are wrong, by up to 1)."
    assert first["time_ms"] > 0
    assert first["traceback"] is None


def test_of_a_hidden_test_nothing_is_shown_but_its_number_and_verdict(sandbox):
    leaks = (
        "    print(x)\n    raise KeyError(str(x))",
        "    print(x)\n    return x",
        "    print(x)\n    x += 1\n    return x * by",
        "    print(x)\n    while x[0] > 1000: pass\n    return x",
        "    print(x)\n    return [0] * (10 ** 8 if x.size == 1 else 1)",
        "    import os\n    os._exit(1) if x.size == 1 else 0\n    return x * by",
    )
    for body in leaks:
        source = f"import sys\nseen = []\ndef double(x, by=2):\n    seen.append(x)\n{body}\n"
        judgement = judge(sandbox, TESTS, source)
        for number, test in enumerate(judgement.tests, 1):
            if not test["visible"]:
                assert test["name"] == str(number)
                assert all(test[field] is None for field in OF_VISIBLE)
        said = json.dumps([judgement.tests, judgement.diagnosis])
        assert "98765" not in said
        assert "secret" not in said


def test_a_changed_input_is_a_wrong_answer_that_says_so(told):
    judgement, first = told("def double(x, by=2):\n    x *= by\n    return x\n")

    assert judgement.verdict == "wrong_answer"
    assert first["message"] == "The function changed its input `x`; work on a copy."


def test_nothing_returned_asks_for_the_return_statement(told):
    _, first = told("def double(x, by=2):\n    x * by\n")

    assert first["message"].endswith("is there a return statement?")


def test_another_shape_names_both(told):
    _, first = told("def double(x, by=2):\n    return x.ravel() * by\n")

    assert first["message"] == "The result is an array of shape (4,) instead of (2, 2)."


def test_an_exception_shows_its_line_and_the_shapes_on_it(told):
    judgement, first = told("def double(x, by=2):\n    y = x[0, :1].repeat(3)\n    return x + y\n")

    assert judgement.verdict == "runtime_error"
    assert first["traceback"] == {
        "line": 3,
        "text": "return x + y",
        "shapes": {"x": [2, 2], "y": [3]},
    }
    assert first["message"].startswith("Line 3: ValueError: operands could not be broadcast")
    assert first["message"].endswith("These arguments are allowed: there is a result for them.")
    assert first["actual"] == "ValueError"


def test_a_missing_error_is_a_wrong_answer(sandbox):
    judgement = judge(sandbox, TESTS, "def double(x, by=2): return x * by")

    assert (judgement.verdict, judgement.score) == ("wrong_answer", 0.75)
    refused = judgement.tests[1]
    assert (
        refused["message"] == "These arguments are not allowed: a ValueError must be raised here."
    )
    assert refused["expected"] == "ValueError"


def test_another_error_than_the_right_one_is_a_runtime_error(sandbox):
    judgement = judge(sandbox, TESTS, DOUBLE.replace("ValueError", "KeyError(by)"))

    assert judgement.verdict == "runtime_error"
    assert (
        judgement.tests[1]["message"] == "Line 3: KeyError: -1. A ValueError must be raised here."
    )


def test_a_subclass_of_the_right_error_is_right(sandbox):
    source = f"import numpy as np\n{DOUBLE}"
    source = source.replace("ValueError", "np.exceptions.AxisError('no')")

    assert judge(sandbox, TESTS, source).verdict == "accepted"


def test_the_verdict_is_that_of_the_first_test_not_passed(sandbox):
    source = (
        "def double(x, by=2):\n    if by < 0: return None\n    if by == 3: 1 / 0\n    return x * by"
    )
    judgement = judge(sandbox, TESTS, source)

    assert verdicts(judgement) == ["accepted", "wrong_answer", "accepted", "runtime_error"]
    assert judgement.verdict == "wrong_answer"
    assert judgement.score == 0.5


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("while True: pass", "time_limit"),
        ("return bytearray(10 ** 10)", "memory_limit"),
        ("print('x' * 100_000)", "output_limit"),
        ("import os; os._exit(0)", "runtime_error"),
    ],
)
def test_after_a_limit_or_a_death_the_other_tests_are_not_run(sandbox, body, verdict):
    source = f"def double(x, by=2):\n    if by > 0: return x * by\n    {body}\n"
    judgement = judge(sandbox, TESTS, source)

    assert verdicts(judgement) == ["accepted", verdict, None, None]
    assert judgement.verdict == verdict
    assert judgement.score == 0.25
    assert judgement.diagnosis is None


def test_a_visible_test_that_was_not_run_says_so(sandbox):
    judgement = judge(sandbox, TESTS, "def double(x, by=2):\n    while True: pass\n")

    assert judgement.tests[1]["message"] == "Not run, as the submission had ended before."
    assert judgement.tests[1]["time_ms"] is None
    assert judgement.tests[1]["input"] is not None


@pytest.mark.parametrize("source", ["def double(x:\n", "def other(x): pass", "\ud800", "x = '\0'"])
def test_what_cannot_be_run_is_invalid_code(told, source):
    judgement, first = told(source)

    assert (judgement.verdict, judgement.score) == ("invalid_code", 0.0)
    assert verdicts(judgement) == ["invalid_code", None, None, None]
    assert first["message"]
    json.dumps(first)


def test_a_syntax_error_shows_its_line(told):
    _, first = told("import math\n\ndef double(x, by=2)\n    return x\n")

    assert first["message"] == "Line 3: expected ':'."
    assert first["traceback"] == {"line": 3, "text": "def double(x, by=2)", "shapes": {}}


def test_a_refused_import_is_a_runtime_error_that_lists_what_there_is(told):
    judgement, first = told("print('before')\nimport torch\n" + DOUBLE)

    assert judgement.verdict == "runtime_error"
    assert first["message"].startswith("Line 2: ModuleNotFoundError: 'torch' is not available here")
    assert first["traceback"]["text"] == "import torch"
    assert first["stdout"] == "before\n"


def test_an_empty_source_defines_nothing(told):
    judgement, first = told("")

    assert judgement.verdict == "invalid_code"
    assert first["message"] == "The source does not define the function double."


def test_a_run_sees_the_visible_tests_alone(sandbox):
    source = "def double(x, by=2):\n    if x.size == 1: 1 / 0\n" + DOUBLE.partition("\n")[2]
    judgement = judge(sandbox, TESTS, source, visible_only=True)

    assert (judgement.verdict, judgement.score) == ("accepted", 1.0)
    assert [test["name"] for test in judgement.tests] == ["plain", "refused"]


def test_parameters_may_have_other_names(sandbox):
    assert judge(sandbox, TESTS, DOUBLE.replace("x", "matrix")).verdict == "accepted"


def test_a_verdict_does_not_depend_on_the_submission_before(sandbox):
    spoil = "import numpy as np\nnp.multiply = None\nnp.ndarray.__doc__\n" + DOUBLE
    for _ in range(2):
        judge(sandbox, TESTS, spoil)
        judge(sandbox, TESTS, "def double(x, by=2):\n    while True: pass\n")
        assert judge(sandbox, TESTS, DOUBLE).verdict == "accepted"


def test_everything_large_is_cut_and_says_so(sandbox):
    big = np.arange(40_000.0).reshape(200, 200)
    test_set = make(
        [Test(f"big {i}", True, "any", {"x": big, "by": 2}, big * 2) for i in range(10)],
        limits=Limits(2.0),
    )
    source = "def double(x, by=2):\n    print('y' * 6000)\n    1 / 0 if 'z' * 5000 else 0\n"
    for body in (source, source.replace("1 / 0", "0"), DOUBLE):
        judgement = judge(sandbox, test_set, body)
        assert len(json.dumps(judgement.tests, allow_nan=False)) <= MAX_SHOWN
        assert "more" in json.dumps(judgement.tests[0]["input"])


def test_however_much_is_said_the_answer_is_bounded(sandbox):
    tests = [Test(str(i), True, "any", {"x": X, "by": 2}, X) for i in range(20)]
    names = "".join(f"{'é' * 90}{i} = x; " for i in range(20))
    line = " + ".join(f"{'é' * 90}{i}" for i in range(20))
    body = f"    {names}\n    print('\\0' * 3000)\n    raise ValueError('\\0' * 2000 + str({line}))"
    judgement = judge(sandbox, make(tests), f"def double(x, by=2):\n{body}\n")

    assert judgement.verdict == "runtime_error"
    assert len(json.dumps(judgement.tests)) <= MAX_SHOWN


def test_what_json_has_no_numbers_for_is_shown_as_text():
    value = [math.nan, -math.inf, 2**80, 1 + 2j, np.array([np.inf, 1.0]), (True, None)]

    assert shown(value, 10_000) == [
        *("nan", "-inf", str(2**80), "(1+2j)"),
        ["inf", 1.0],
        [True, None],
    ]
    assert shown(np.float32([0.1, 3]), 1000) == [0.1, 3.0]
    assert shown(np.array(2.5), 1000) == 2.5
    assert shown(np.arange(1000), 300)[-1] == "… 936 more"
    assert "too large" in shown(np.zeros((3,) * 8), 50)


# The learner's own call.


def test_an_own_call_shows_what_the_function_gives(sandbox):
    judgement = try_out(sandbox, TESTS, DOUBLE, {"x": [[1, 2]], "by": 5})

    assert (judgement.verdict, judgement.score) == ("accepted", None)
    [test] = judgement.tests
    assert tuple(test) == FIELDS
    assert (test["name"], test["visible"], test["expected"]) == ("your call", True, None)
    assert test["input"] == {"x": [[1.0, 2.0]], "by": 5}
    assert test["actual"] == [[5.0, 10.0]]


def test_an_own_call_that_fails_shows_where(sandbox):
    judgement = try_out(sandbox, TESTS, DOUBLE, {"x": "abc", "by": "d"})

    assert judgement.verdict == "runtime_error"
    assert judgement.tests[0]["traceback"]["line"] == 2
    assert try_out(sandbox, TESTS, DOUBLE, {"by": 1}).tests[0]["message"].startswith("TypeError")
    assert try_out(sandbox, TESTS, "def", {"x": 1}).verdict == "invalid_code"
    assert try_out(sandbox, TESTS, "1 / 0", {"x": 1}).verdict == "runtime_error"


def test_an_own_call_that_raises_a_valueerror_is_not_told_that_its_arguments_are_allowed(sandbox):
    [test] = try_out(sandbox, TESTS, DOUBLE, {"x": [1.0], "by": -1}).tests

    assert test["message"] == "Line 3: ValueError."


def test_lists_become_arrays_where_the_tests_have_arrays():
    tests = (
        Test("a", True, "any", {"x": np.zeros(2), "y": [1.0], "z": 0.5, "k": np.array([1])}, 0),
    )
    given = {"x": [1, "nan", "-inf"], "y": [1, 2], "z": 3, "k": [1, 2]}
    values = from_json(given, tests)

    assert values["x"].dtype == np.float64
    assert np.isnan(values["x"][1])
    assert values["x"][2] == -np.inf
    assert values["y"] == [1, 2]
    assert type(values["z"]) is float
    assert values["k"].dtype.kind == "i"


def test_a_ragged_list_stays_a_list():
    tests = (Test("a", True, "any", {"x": np.zeros((2, 2))}, 0),)

    assert from_json({"x": [[1], [2, 3]]}, tests) == {"x": [[1], [2, 3]]}
    assert from_json({"x": [["a"]]}, tests) == {"x": [["a"]]}
    assert from_json({"x": []}, tests)["x"].shape == (0,)
