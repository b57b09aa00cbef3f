"""Who is told what: the shipped misconceptions as themselves, others the truth or nothing."""

import functools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from problems.judge.answers import Answer, Mistake, Test
from problems.judge.codec import DecodeError
from problems.judge.diagnosis import diagnose
from problems.judge.outcomes import Limits
from problems.judge.pairs import merged
from problems.judge.relations import relation
from problems.judge.sandbox import Sandbox
from problems.judge.shown import shown
from problems.judge.testset import BuildFailed, TestSet, build
from problems.judge.verdict import judge
from problems.package import CATALOG, read_package

SOLUTIONS = Path(__file__).parents[1] / "solutions"
SLUGS = sorted(path.name for path in CATALOG.iterdir() if path.is_dir())
MISTAKES = [
    (slug, one.stem) for slug in SLUGS for one in (CATALOG / slug).rglob("misconceptions/*.py")
]
RIGHT = sorted(SOLUTIONS.glob("*/right_*.py"))
WRONG = sorted(SOLUTIONS.glob("*/wrong_*.py"))

# Wrong solutions of which something true is said.
RELATED = {
    "wrong_per_cent": "Off by a constant factor",
    "wrong_self_attention_only": "Right only in a special case",
    "wrong_unstable_softmax": "Not finite for large inputs",
}


@functools.cache
def shipped(slug):
    with Sandbox() as sandbox:
        return build(read_package(CATALOG / slug), sandbox)


def name_of(path):
    return f"{path.parent.name}/{path.stem}" if isinstance(path, Path) else None


@pytest.mark.parametrize("slug", SLUGS)
def test_reference_and_alternative_are_accepted(sandbox, slug):
    document = read_package(CATALOG / slug)

    for source in (document.reference, document.alternative):
        assert judge(sandbox, shipped(slug), source).verdict == "accepted"


@pytest.mark.parametrize("slug", SLUGS)
def test_the_starter_code_is_wrong_and_not_explained(sandbox, slug):
    judgement = judge(sandbox, shipped(slug), read_package(CATALOG / slug).starter_code)

    assert judgement.verdict == "wrong_answer"
    assert (judgement.diagnosis, judgement.ambiguous) == (None, ())


@pytest.mark.parametrize(("slug", "mistake"), MISTAKES)
def test_each_misconception_is_rejected_and_told_as_itself(sandbox, slug, mistake):
    known = {one.id: one for one in read_package(CATALOG / slug).misconceptions}[mistake]
    judgement = judge(sandbox, shipped(slug), known.code)

    assert judgement.verdict in ("wrong_answer", "runtime_error")
    assert judgement.diagnosis == {
        "kind": "misconception",
        "misconception": mistake,
        "title": known.title,
        "explanation": known.text,
        "topic": known.topic,
        "also": [],
    }
    assert judgement.ambiguous == ()


@pytest.mark.parametrize("path", RIGHT, ids=name_of)
def test_right_solutions_in_other_styles_are_accepted(sandbox, path):
    judgement = judge(sandbox, shipped(path.parent.name), path.read_text())

    assert judgement.verdict == "accepted", judgement.tests


@pytest.mark.parametrize("path", WRONG, ids=name_of)
def test_wrong_solutions_outside_the_list_get_no_false_explanation(sandbox, path):
    judgement = judge(sandbox, shipped(path.parent.name), path.read_text())

    assert judgement.verdict in ("wrong_answer", "runtime_error")
    title = judgement.diagnosis and judgement.diagnosis["title"]
    assert title == RELATED.get(path.stem)
    assert judgement.ambiguous == ()


@pytest.mark.parametrize("slug", SLUGS)
def test_every_shipped_pair_is_told_as_two_things(sandbox, slug):
    document, test_set = read_package(CATALOG / slug), shipped(slug)
    assert test_set.pairs

    for pair in test_set.pairs:
        one, other = (document.misconceptions[i] for i in (pair.first, pair.second))
        judgement = judge(sandbox, test_set, merged(document.reference, one.code, other.code))
        assert judgement.diagnosis["kind"] == "pair"
        assert judgement.diagnosis["misconception"] == one.id
        assert judgement.diagnosis["also"] == [other.id]
        assert other.text in judgement.diagnosis["explanation"]


def test_a_float32_form_of_a_misconception_is_told(sandbox):
    known = {one.id: one for one in read_package(CATALOG / "softmax").misconceptions}
    source = known["global-sum"].code.replace("dtype=float", "dtype=np.float32")
    assert "float32" in source

    judgement = judge(sandbox, shipped("softmax"), source)
    assert judgement.diagnosis["misconception"] == "global-sum"


def test_a_run_of_the_visible_tests_is_not_explained(sandbox):
    known = read_package(CATALOG / "softmax").misconceptions[0]

    assert judge(sandbox, shipped("softmax"), known.code, visible_only=True).diagnosis is None


def test_after_a_limit_nothing_is_explained(sandbox):
    known = {one.id: one for one in read_package(CATALOG / "softmax").misconceptions}
    source = known["global-sum"].code.replace(
        "    x = np", "    if x.ndim == 4: raise MemoryError\n    x = np"
    )
    judgement = judge(sandbox, shipped("softmax"), source)

    assert judgement.diagnosis is None
    assert [test["verdict"] for test in judgement.tests].count(None) > 0


@pytest.mark.parametrize("slug", SLUGS)
def test_a_set_of_tests_survives_its_bytes(slug):
    test_set = shipped(slug)
    again = TestSet.from_bytes(test_set.to_bytes())

    assert again.to_bytes() == test_set.to_bytes()
    assert (again.function, again.limits, again.numpy) == (
        *(test_set.function, test_set.limits),
        np.__version__,
    )
    assert [test.visible for test in again.tests] == sorted(
        (test.visible for test in again.tests), reverse=True
    )


def test_other_bytes_are_no_set_of_tests():
    good = shipped("softmax").to_bytes()
    for data in (b"", b"N", good[:-1]):
        with pytest.raises(DecodeError):
            TestSet.from_bytes(data)


# Sets made by hand.


def make(tests, mistakes=()):
    return TestSet("f", ("x",), tuple(tests), tuple(mistakes), Limits(), 1e-6, 1e-9)


def cases(*expected, visible=1, inputs=None):
    inputs = inputs or [np.array([float(i)]) for i in range(len(expected))]
    return [
        Test(str(i), i < visible, "any", {"x": x}, value)
        for i, (x, value) in enumerate(zip(inputs, expected, strict=True))
    ]


def said(tests, *got, passed=None):
    passed = passed or [False] * len(tests)
    answers = [one if isinstance(one, Answer) else Answer(one) for one in got]
    found = relation(make(tests), answers, passed)
    return found and found.title


RNG = np.random.default_rng(0)
A, B, C = RNG.normal(size=(3, 4)), RNG.normal(size=(2, 5)), RNG.normal(size=(4, 4))


def test_two_misconceptions_that_fit_are_silence_and_a_line_for_curators():
    tests = cases(1.0, 2.0)
    answers = (Answer(3.0), Answer(4.0))
    mistakes = [Mistake(one, one, "t", "…", answers) for one in ("one", "other")]
    found = diagnose(make(tests, mistakes), list(answers), [False, False])

    assert found.found is None
    assert found.ambiguous == ("one", "other")


def test_a_misconception_must_fit_the_tests_that_pass_too():
    tests = cases(1.0, 2.0)
    mistake = Mistake("one", "One", "t", "…", (Answer(3.0), Answer(5.0)))

    found = diagnose(make(tests, [mistake]), [Answer(3.0), Answer(2.0)], [False, True])
    assert (found.found, found.ambiguous) == (None, ())


def test_errors_fit_by_their_class():
    tests = [Test("a", True, "any", {}, 1.0), Test("b", True, "any", {}, raises="ValueError")]
    own = Answer(raised="TypeError", bases=("TypeError", "Exception"))
    axis = Answer(raised="AxisError", bases=("AxisError", "ValueError", "IndexError"))
    plain = Answer(raised="ValueError", bases=("ValueError", "Exception"))
    mistake = Mistake("one", "One", "t", "…", (own, axis))

    assert diagnose(make(tests, [mistake]), [own, plain], [False, True]).found
    assert not diagnose(make(tests, [mistake]), [plain, plain], [False, True]).found
    assert not diagnose(make(tests, [mistake]), [own, Answer(1.0)], [False, False]).found


def test_who_changes_the_input_is_not_told_of_a_mistake_that_does_not():
    tests = cases(1.0)
    mistake = Mistake("one", "One", "t", "…", (Answer(3.0),))

    assert not diagnose(make(tests, [mistake]), [Answer(3.0, changed=("x",))], [False]).found


def test_the_transpose_is_seen():
    assert said(cases(A, B, C), A.T, B.T, C.T) == "Transposed"
    assert said(cases(A, B, 1.0), A.T, B.T, 1.0, passed=[False, False, True]) == "Transposed"


def test_the_transpose_is_not_seen_where_it_is_chance():
    row, column = np.ones((1, 3)), np.ones((3, 1))
    assert said(cases(A), A.T) is None
    assert said(cases(A, A), A.T, A.T) is None
    assert said(cases(A, B), A.T, B) is None
    assert said(cases(row, row * 2), column, column * 2) is None
    assert said(cases(A, B), A.T, Answer(raised="ValueError", bases=())) is None


def test_a_constant_factor_is_seen_with_the_factor_of_a_visible_test():
    tests = cases(A, B)
    found = relation(make(tests), [Answer(A * -0.5), Answer(B * -0.5)], [False, False])

    assert found.title == "Off by a constant factor"
    assert "the factor -0.5" in found.explanation


def test_a_factor_that_only_hidden_tests_show_is_not_told():
    tests = cases(1.0, A, B)
    answers = [Answer(1.0), Answer(A * 7.25), Answer(B * 7.25)]
    found = relation(make(tests), answers, [True, False, False])

    assert found.title == "Off by a constant factor"
    assert "7.25" not in found.explanation


def test_a_submission_cannot_have_a_hidden_input_told_to_it(sandbox):
    secret = 1234.5678
    tests = [
        Test("seen", True, "any", {"x": np.array([1.0, 2.0])}, np.array([1.0, 2.0])),
        Test("a", False, "any", {"x": np.array([secret])}, np.array([secret])),
        *(Test(str(i), False, "any", {"x": A[i]}, A[i]) for i in range(3)),
    ]
    source = (
        "seen = []\n"
        "def f(x):\n"
        "    seen.append(x)\n"
        "    return x if len(seen) < 3 else x * seen[1][0]\n"
    )
    judgement = judge(sandbox, make(tests), source)

    assert judgement.diagnosis["title"] == "Off by a constant factor"
    assert "1234" not in json.dumps([judgement.diagnosis, judgement.tests])


def test_a_factor_is_not_seen_where_it_is_chance():
    assert said(cases(2.0, 3.0), 4.0, 6.0) is None
    assert said(cases(2.0, 2.0, 2.0, 2.0, 2.0), *[4.0] * 5) is None
    assert said(cases(A, B), A * 2, B * 2.01) is None
    assert said(cases(A, B), A * 0, B * 0) is None
    assert said(cases(A, B), A + 1, B + 1) is None
    assert said(cases(A, B), A * (1 + 1e-5), B * (1 + 1e-5)) is None
    assert said(cases(1.0, 2.0, 3.0, 5.0, 7.0), 2.0, 4.0, 6.0, 10.0, 14.0) is not None


def test_a_factor_of_one_part_of_the_result_is_seen():
    expected = [([0, 1], float(i)) for i in (1, 2, 3, 5)]
    got = [([0, 1], 10.0 * i) for i in (1, 2, 3, 5)]

    assert said(cases(*expected), *got) == "Off by a constant factor"


def weights(array, axis):
    return np.exp(array) / np.exp(array).sum(axis=axis, keepdims=True)


def test_sums_along_the_other_axis_are_seen():
    tests = cases(weights(A, 1), weights(B, 1))

    assert said(tests, weights(A, 0), weights(B, 0)) == "Sums to 1 along the other axis"
    assert said(tests, weights(A, None), weights(B, None)) is None
    assert said(tests, weights(A, 0), weights(B, 1) * 0.5) is None
    assert said(tests[:1], weights(A, 0)) is None


def test_results_that_are_not_finite_for_large_inputs_are_seen():
    inputs = [np.array([x]) for x in (1.0, 5.0, -800.0, 900.0)]
    tests = cases(1.0, 2.0, 3.0, 4.0, inputs=inputs)
    passed = [True, True, False, False]
    nan, inf = float("nan"), float("inf")

    assert said(tests, 1.0, 2.0, nan, inf, passed=passed) == "Not finite for large inputs"
    assert said(tests, 1.0, 2.0, nan, 7.0, passed=passed) is None
    assert said(tests, 1.0, nan, nan, 4.0, passed=[True, False, False, True]) is None


def test_right_only_in_a_special_case_is_seen_where_one_property_tells():
    square, wide = [np.eye(2) + RNG.normal(size=(2, 2)) for _ in range(2)], [A, B, A[:2]]
    tests = cases(*[1.0] * 5, inputs=[*square, *wide])
    passed = [True, True, False, False, False]
    failed = Answer(raised="ValueError", bases=("ValueError",))

    assert said(tests, 1.0, 1.0, 2.0, failed, 3.0, passed=passed) == "Right only in a special case"
    assert said(tests, 1.0, 5.0, 2.0, 7.0, 3.0, passed=[True, *[False] * 4]) is None
    assert said(tests[1:], 1.0, 2.0, 7.0, 3.0, passed=passed[1:]) is None


def test_one_head_is_a_special_case_and_one_axis_is_not():
    def run(values, passed):
        tests = [
            Test(str(i), True, "any", {"x": A, "k": k}, float(i)) for i, k in enumerate(values)
        ]
        answers = [Answer(float(i) if ok else 99.0 + i * i) for i, ok in enumerate(passed)]
        found = relation(make(tests), answers, passed)
        return found and found.explanation

    passed = [True, True, False, False, False]
    assert "`k` = 1" in run([1, 1, 2, 3, 4], passed)
    assert run([1, 1, 0, -1, 2], passed) is None
    assert run([1, 1, 1, 3, 4], passed) is None


def test_where_an_error_is_missing_there_is_no_relation():
    tests = [*cases(A, B), Test("no", False, "any", {"x": A}, raises="ValueError")]
    got = [Answer(A.T), Answer(B.T)]
    refused = Answer(raised="ValueError", bases=("ValueError",))

    assert relation(make(tests), [*got, Answer(A)], [False] * 3) is None
    assert relation(make(tests), [*got, refused], [False, False, True]) is not None


numbers = st.floats() | st.integers(-(2**70), 2**70) | st.booleans() | st.complex_numbers()
arrays = st.sampled_from(["?", "i1", "u8", "i8", "f2", "f4", "f8", "c16"]).flatmap(
    lambda kind: st_numpy.arrays(kind, st_numpy.array_shapes(min_dims=0, min_side=0, max_side=3))
)
values = st.recursive(
    numbers | arrays | st.none() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2) | st.integers(), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(values, values, values), min_size=1, max_size=4))
def test_whatever_is_returned_can_be_explained_or_not_and_shown(triples):
    tests = cases(*[expected for expected, _, _ in triples], inputs=[x for _, _, x in triples])
    got = [Answer(value) for _, value, _ in triples]
    mistake = Mistake("one", "One", "t", "…", tuple(Answer(x) for _, _, x in triples))

    found = diagnose(make(tests, [mistake]), got, [False] * len(tests))
    json.dumps([found.found, *(shown(value, 200) for _, value, _ in triples)], allow_nan=False)


# Building.


def test_two_changes_are_made_at_once_only_where_they_are_apart():
    base = "a\nb\nc\nd"

    assert merged(base, "A\nb\nc\nd", "a\nb\nC\nd") == "A\nb\nC\nd"
    assert merged(base, "A\nb\nc\nd", "a\nB\nc\nd") == "A\nB\nc\nd"
    assert merged(base, "A\nb\nc\nd", "x\nb\nc\nd") is None
    assert merged(base, "a\nX\nb\nc\nd", "a\nY\nb\nc\nd") is None
    assert merged(base, "b\nc\nd", "a\nb\nc\nd\ne") == "b\nc\nd\ne"


def complaints(sandbox, **changes):
    document = read_package(CATALOG / "softmax").model_copy(update=changes)
    with pytest.raises(BuildFailed) as failed:
        build(document, sandbox)
    return failed.value.complaints


TESTS_PY = """
import numpy as np
EDGE_CASES = {{"any": "…"}}
def tests():
    yield {{"name": "good", "visible": True, "covers": "any", "arguments": {{"x": np.ones(2)}}}}
    yield {test}
"""


@pytest.mark.parametrize(
    ("test", "sentence"),
    [
        ("7", "tests.py: test 2 is no dict."),
        ("{}", "tests.py: test 2 must have a name of at most 100 characters."),
        ("{'name': 'b', 'visible': 1}", "“b” has visible = 1; it must be True or False."),
        ("{'name': 'b', 'extra': 1}", "“b” has the key 'extra'"),
        ("{'name': 'b'}", "“b” does not say whether it is visible."),
        ("{'name': 'b', 'covers': 'no'}", "“b” covers 'no', which is no key of EDGE_CASES."),
        ("{'name': 'b', 'covers': ['no']}", "“b” covers ['no'], which is no key of EDGE_CASES."),
        ("{'name': 'b', 'raises': np.ones(2)}", "“b” raises array([1., 1.]); it must be one of"),
        ("{'name': 'b', 'visible': np.ones(2)}", "“b” has visible = array([1., 1.]);"),
        ("{'name': 'b', 'raises': 'TypeError'}", "“b” raises 'TypeError'; it must be one of"),
        ("{'name': 'b'}", "“b” has no dict of arguments."),
        ("{'name': 'b', 'arguments': {}}", "“b” has no argument 'x', which has no default."),
        ("{'name': 'b', 'arguments': {'y': 1}}", "“b” has the argument 'y'; the parameters are x"),
        ("{'name': 'good'}", "two tests have the name “good”."),
        ("1 / 0", "tests.py: ZeroDivisionError: division by zero"),
        ("object()", "tests.py: "),
    ],
)
def test_what_tests_py_yields_is_checked_before_it_is_believed(sandbox, test, sentence):
    found = complaints(sandbox, tests=TESTS_PY.format(test=test))

    assert any(sentence in one for one in found), found


def test_edge_cases_must_be_written_out(sandbox):
    tests = TESTS_PY.format(test="{}").replace('{"any": "…"}', "dict(any='…')")

    assert any("EDGE_CASES must be" in one for one in complaints(sandbox, tests=tests))


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("return None", "returns None."),
        ("x += 1; return x * 1.0", "changes its input `x`."),
        ("raise KeyError", "reference.py raises KeyError (line 2)."),
        ("return x * 1.0", "returns a value where the test asks for a ValueError."),
        ("raise TypeError('q')", "raises no ValueError but TypeError: q (line 2)."),
        ("while True: pass", "does not get through the test “the worked example”: Not done after"),
    ],
)
def test_what_the_reference_must_not_do(sandbox, reference, sentence):
    source = f"def softmax(x, axis=-1):\n    {reference}\n"
    found = complaints(sandbox, reference=source)

    assert any(sentence in one for one in found), found


def test_a_misconception_must_get_through_all_tests(sandbox):
    known = read_package(CATALOG / "softmax").misconceptions[0]
    endless = known.model_copy(update={"code": "def softmax(x, axis=-1):\n    while True: pass\n"})
    [complaint] = complaints(sandbox, misconceptions=[endless])

    assert complaint.startswith(f"misconceptions/{known.id}.py does not get through the test")
