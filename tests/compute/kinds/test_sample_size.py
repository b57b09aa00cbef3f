import math

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

import compute.kinds  # noqa: F401
from compute import charts
from compute.errors import InvalidParams
from compute.registry import get_kind

KIND = get_kind("sample-size")
CHANGE = {"baseline": 0.1, "difference": 0.01}


def run(**params):
    result = KIND.run(KIND.parse(params), lambda fraction, message: None)
    KIND.result.model_validate(result)
    assert orjson.loads(orjson.dumps(result)) == result
    return result


def problems_of(**params):
    with pytest.raises(InvalidParams) as caught:
        KIND.parse(params)
    return {problem.pointer: problem.detail for problem in caught.value.problems}


def picture(**params):
    return KIND.charts[0].spec(params, run(**params))


def test_a_tenth_against_eleven_hundredths_worked_by_hand():
    result = run(**CHANGE, power=0.8, significance=0.05)
    # (1.959964 √(2 · 0.105 · 0.895) + 0.841621 √(0.09 + 0.0979))² / 0.0001 = 14,750.79
    root = 1.959964 * math.sqrt(0.18795) + 0.841621 * math.sqrt(0.1879)
    assert result["per_group"] == math.ceil(root**2 / 0.0001) == 14_751
    assert 0.8 <= result["power"] < 0.80001
    assert result["critical_value"] == pytest.approx(1.959964, abs=1e-6)
    assert result["standard_error"]["null"] == pytest.approx(math.sqrt(0.18795 / 14_751))
    assert result["standard_error"]["alternative"] == pytest.approx(math.sqrt(0.1879 / 14_751))
    assert result["expected"] == {
        "control": pytest.approx(1475.1),
        "treatment": pytest.approx(1622.61),
    }


def test_a_test_of_two_million_against_two_million():
    result = run(baseline=0.5, difference=0.001, per_group=2_000_000, significance=0.05)
    assert result["per_group"] == 2_000_000
    assert round(result["power"], 3) == 0.516
    ratio = 0.001 / result["standard_error"]["null"]
    assert result["power"] == pytest.approx(
        stats.norm.sf(result["critical_value"] - ratio)
        + stats.norm.cdf(-result["critical_value"] - ratio),
        abs=1e-5,
    )


def test_the_power_of_the_answer_is_that_of_the_answer_given():
    asked = run(**CHANGE, power=0.9)
    given = run(**CHANGE, per_group=asked["per_group"])
    assert given == asked
    assert run(**CHANGE, per_group=asked["per_group"] - 1)["power"] < 0.9


def test_four_fifths_of_power_at_a_twentieth_are_asked_for_unless_said_otherwise():
    written = KIND.parse(CHANGE | {"power": 0.8, "per_group": None, "significance": 0.05})
    for left_out in (CHANGE, CHANGE | {"power": None}, CHANGE | {"per_group": None}):
        assert KIND.fingerprint(KIND.parse(left_out)) == KIND.fingerprint(written)
    assert KIND.parse(CHANGE | {"per_group": 5}).power is None


@pytest.mark.parametrize("given", [{"power": 0.9}, {"per_group": 5}, {}])
def test_parameters_written_out_in_full_are_the_same_parameters(given):
    params = KIND.parse(CHANGE | given)
    again = KIND.parse(orjson.loads(orjson.dumps(params.model_dump(mode="json"))))
    assert KIND.fingerprint(again) == KIND.fingerprint(params)


@given(st.floats(0.02, 0.98), st.floats(0.02, 0.98), st.floats(0.01, 0.9999), st.floats(1e-9, 0.9))
def test_whatever_is_allowed_is_answered(control, treatment, power, significance):
    assume(abs(treatment - control) > 1e-8)
    asked = {"power": power, "significance": significance}
    result = run(baseline=control, difference=treatment - control, **asked)
    assert power <= result["power"] <= 1
    curve = result["curve"]
    at = curve["per_group"].index(result["per_group"])
    assert curve["power"][at] == pytest.approx(result["power"], abs=1e-15)


@pytest.mark.parametrize(
    ("params", "per_group"),
    [
        ({"difference": 1e-9}, 3.92443e18),
        ({"difference": 0.001, "power": 0.999999}, 2.25348e7),
        ({"difference": 0.001, "significance": 1e-12}, 3.1777e7),
    ],
)
def test_extremes_have_their_answer(params, per_group):
    result = run(baseline=0.5, **params)
    assert type(result["per_group"]) is int
    assert result["per_group"] == pytest.approx(per_group, rel=1e-4)


def test_the_largest_groups_that_can_be_given():
    result = run(baseline=0.5, difference=1e-6, per_group=10**12)
    assert result["per_group"] == 10**12
    assert run(baseline=0.5, difference=1e-20, per_group=10**12)["power"] == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("params", "pointer", "words"),
    [
        ({"baseline": 0}, "/baseline", "greater than 0"),
        ({"baseline": 1}, "/baseline", "less than 1"),
        ({"baseline": "0.1"}, "/baseline", "number"),
        ({"difference": 0}, "/difference", "should not be 0"),
        ({"difference": -0.0}, "/difference", "should not be 0"),
        ({"difference": 0.9}, "/difference", "both excluded; it is 1."),
        ({"difference": -0.1}, "/difference", "both excluded; it is 0."),
        ({"difference": -0.5}, "/difference", "both excluded; it is -0.4."),
        ({"difference": 10}, "/difference", "less than 1"),
        ({"difference": 1e-12}, "/difference", "more than 9.2e+18 in each group"),
        ({"power": 0}, "/power", "greater than 0"),
        ({"power": 1}, "/power", "less than 1"),
        ({"power": True}, "/power", "number"),
        ({"power": 0.8, "per_group": 100}, "/per_group", "either power or per_group"),
        ({"per_group": 1}, "/per_group", "greater than or equal to 2"),
        ({"per_group": 100.5}, "/per_group", "integer"),
        ({"per_group": 10**12 + 1}, "/per_group", "1000000000000"),
        ({"per_group": 10**400}, "/per_group", "1000000000000"),
        ({"significance": 0}, "/significance", "greater than 0"),
        ({"significance": 1}, "/significance", "less than 1"),
    ],
)
def test_refuses_what_makes_no_sense(params, pointer, words):
    problems = problems_of(**CHANGE | params)
    assert list(problems) == [pointer]
    assert words in problems[pointer]


def test_names_all_that_is_missing():
    assert set(problems_of()) == {"/baseline", "/difference"}


def test_the_chart_marks_the_answer_and_the_power_asked_for():
    spec = picture(**CHANGE)
    reading = spec["title"]["subtitle"]
    assert "14,751 in each group" in reading
    assert "from 0.1 by +0.01" in reading
    assert spec["description"].endswith(reading)
    rows = spec["data"]["values"]
    answers = [row for row in rows if row["curve"] == "answer"]
    assert [row["per_group"] for row in answers] == [14_751]
    assert {row["power"] for row in rows if row["curve"] == "power asked for"} == {0.8}
    assert charts.draw(spec, "svg").startswith(b"<svg")


def test_the_chart_marks_the_size_that_was_given():
    spec = picture(baseline=0.5, difference=-0.001, per_group=2_000_000)
    assert "from 0.5 by -0.001 is significant with probability 0.516" in spec["description"]
    rows = [row for row in spec["data"]["values"] if row["curve"] == "size of the groups"]
    assert rows == [
        {"per_group": 2_000_000, "power": 0, "curve": "size of the groups"},
        {"per_group": 2_000_000, "power": 1, "curve": "size of the groups"},
    ]


@pytest.mark.parametrize("difference", [1e-9, 0.899])
def test_the_chart_of_very_large_and_very_small_groups_can_be_drawn(difference):
    assert charts.draw(picture(baseline=0.1, difference=difference), "svg").startswith(b"<svg")
