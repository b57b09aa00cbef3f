import pytest

import compute.kinds  # noqa: F401
from compute.errors import InvalidParams
from compute.registry import get_kind

SCREENING = {"prevalence": 0.01, "sensitivity": 0.9, "specificity": 0.91}


def run(**params):
    kind = get_kind("diagnostic-test")
    result = kind.run(kind.parse(params), lambda fraction, message: None)
    kind.result.model_validate(result)
    return result


def problems_of(**params):
    with pytest.raises(InvalidParams) as caught:
        get_kind("diagnostic-test").parse(params)
    return {problem.pointer: problem.detail for problem in caught.value.problems}


def test_the_classic_screening_test_worked_by_hand():
    result = run(**SCREENING)
    # Of 1,000: 10 ill, 9 of them positive; 990 healthy, 89.1 of them positive.
    assert result["posterior"] == result["ppv"] == pytest.approx(9 / 98.1, rel=1e-13)
    assert result["npv"] == pytest.approx(900.9 / 901.9, rel=1e-13)
    assert result["natural_frequencies"] == {
        "true_positive": 9,
        "false_positive": 89,
        "true_negative": 901,
        "false_negative": 1,
    }
    assert result["odds"]["prior"] == pytest.approx(1 / 99)
    assert result["odds"]["likelihood_ratio"] == pytest.approx(10)
    assert result["odds"]["posterior"] == pytest.approx(10 / 99)


def test_results_are_applied_one_after_the_other():
    result = run(**SCREENING, results=["positive", "positive", "negative"])
    assert len(result["steps"]) == 3
    for before, after in zip(result["steps"], result["steps"][1:], strict=False):
        assert after["prior"] == before["posterior"]
    # The second positive result starts from the posterior of the first.
    first = result["steps"][0]["posterior"]
    again = run(prevalence=first, sensitivity=0.9, specificity=0.91)
    assert result["steps"][1]["posterior"] == pytest.approx(again["posterior"], rel=1e-12)
    odds = 1 / 99 * 10 * 10 * (0.1 / 0.91)
    assert result["posterior"] == pytest.approx(odds / (1 + odds), rel=1e-12)
    assert result["odds"]["posterior"] == pytest.approx(odds, rel=1e-12)
    assert result["ppv"] == pytest.approx(9 / 98.1, rel=1e-13)


def test_no_result_leaves_the_prevalence():
    result = run(**SCREENING, results=[])
    assert result["posterior"] == pytest.approx(0.01, rel=1e-14)
    assert result["odds"]["likelihood_ratio"] == 1
    assert result["steps"] == []


def test_what_is_infinite_is_null():
    result = run(prevalence=0.2, sensitivity=0.9, specificity=1)
    assert result["posterior"] == 1
    assert result["odds"] == {
        "prior": pytest.approx(0.25),
        "likelihood_ratio": None,
        "posterior": None,
    }
    everyone_ill = run(prevalence=1, sensitivity=0.9, specificity=0.9)
    assert everyone_ill["posterior"] == 1
    assert everyone_ill["odds"]["prior"] is None


def test_a_predictive_value_is_null_where_its_result_never_occurs():
    never_positive = run(prevalence=0.1, sensitivity=0, specificity=1, results=["negative"])
    assert never_positive["ppv"] is None
    assert never_positive["npv"] == pytest.approx(0.9)


def test_a_hundred_results_do_not_overflow():
    sure = 1 - 1e-12
    result = run(prevalence=0.5, sensitivity=sure, specificity=sure, results=["positive"] * 100)
    assert result["posterior"] == 1
    assert result["odds"]["likelihood_ratio"] is None


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"prevalence": 1.01}, "/prevalence"),
        ({"sensitivity": -0.1}, "/sensitivity"),
        ({"specificity": "0.9"}, "/specificity"),
        ({"population": 0}, "/population"),
        ({"population": 10.5}, "/population"),
        ({"population": 10**400}, "/population"),
        ({"results": ["positive", "maybe"]}, "/results/1"),
        ({"results": "positive"}, "/results"),
        ({"results": ["positive"] * 101}, "/results"),
        ({"prevalence": 0, "specificity": 1}, "/results/0"),
        ({"sensitivity": 1, "specificity": 1, "results": ["positive", "negative"]}, "/results/1"),
    ],
)
def test_refuses_what_makes_no_sense(params, pointer):
    assert pointer in problems_of(**SCREENING | params)


def test_names_all_that_is_missing():
    assert set(problems_of()) == {"/prevalence", "/sensitivity", "/specificity"}
