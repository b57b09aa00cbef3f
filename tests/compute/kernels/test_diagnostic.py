import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.kernels.diagnostic import (
    likelihood_ratio,
    natural_frequencies,
    odds,
    posterior,
)

probabilities = st.fractions(0, 1, max_denominator=1000)


def test_a_positive_result_of_a_good_test_for_a_rare_illness():
    # 9 of 1,000 are ill and positive, 89.1 healthy and positive: 9 / 98.1.
    assert posterior(0.01, 0.9, 0.91, ["positive"]) == pytest.approx(9 / 98.1, rel=1e-14)


def test_a_negative_result():
    # 1 of 1,000 is ill and negative, 900.9 healthy and negative.
    assert posterior(0.01, 0.9, 0.91, ["negative"]) == pytest.approx(1 / 901.9, rel=1e-13)


def test_two_positive_results():
    # 0.01 · 0.81 against 0.99 · 0.0081.
    found = posterior(0.01, 0.9, 0.91, ["positive", "positive"])
    assert found == pytest.approx(0.0081 / (0.0081 + 0.99 * 0.0081), rel=1e-13)


@given(probabilities, probabilities, probabilities, st.lists(st.sampled_from("+-"), max_size=5))
def test_agrees_with_exact_fractions(prevalence, sensitivity, specificity, signs):
    ill, healthy = prevalence, 1 - prevalence
    for sign in signs:
        ill *= sensitivity if sign == "+" else 1 - sensitivity
        healthy *= 1 - specificity if sign == "+" else specificity
    results = ["positive" if sign == "+" else "negative" for sign in signs]
    found = posterior(float(prevalence), float(sensitivity), float(specificity), results)
    if ill + healthy == 0:
        assert found is None
    else:
        assert found == pytest.approx(float(ill / (ill + healthy)), rel=1e-11)


def test_results_that_cannot_occur_have_no_posterior():
    assert posterior(0.0, 1.0, 1.0, ["positive"]) is None
    assert posterior(0.5, 1.0, 1.0, ["positive", "negative"]) is None


def test_certainty_stays_certain():
    assert posterior(1.0, 0.9, 0.9, ["negative"]) == 1
    assert posterior(0.0, 0.9, 0.9, ["positive"]) == 0
    assert posterior(0.3, 0.9, 1.0, ["positive"]) == 1


def test_odds_and_their_ratio():
    assert odds(0.2) == pytest.approx(0.25)
    assert odds(1.0) is None
    assert likelihood_ratio(0.9, 0.91, ["positive"]) == pytest.approx(10)
    assert likelihood_ratio(0.9, 0.91, ["positive", "negative"]) == pytest.approx(10 * 0.1 / 0.91)
    assert likelihood_ratio(0.9, 1.0, ["positive"]) is None
    assert likelihood_ratio(1 - 1e-12, 1 - 1e-12, ["positive"] * 100) is None


def test_natural_frequencies_of_a_thousand_people():
    found = natural_frequencies(0.01, 0.9, 0.91, 1000)
    assert found._asdict() == {
        "true_positive": 9,
        "false_positive": 89,
        "true_negative": 901,
        "false_negative": 1,
    }


def test_people_left_over_go_to_the_cells_that_lost_most():
    # 0.45, 1.1, 7.9 less 0.55... : exact shares 0.81, 0.819, 8.281, 0.09 of ten people.
    assert tuple(natural_frequencies(0.09, 0.9, 0.91, 10)) == (1, 1, 8, 0)


def test_a_tie_goes_to_the_earlier_cell():
    assert tuple(natural_frequencies(0.5, 0.5, 0.5, 2)) == (1, 1, 0, 0)
    # 0.7 and 0.1 are seven and one tenths, not the floats beside them.
    assert tuple(natural_frequencies(0.1, 0.5, 0.5, 10)) == (1, 5, 4, 0)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.integers(1, 10**9))
def test_natural_frequencies_sum_to_the_population_and_are_close(prevalence, sens, spec, people):
    found = natural_frequencies(prevalence, sens, spec, people)
    assert sum(found) == people
    assert min(found) >= 0
    share = Fraction(prevalence) * Fraction(sens) * people
    assert math.floor(share) - 1 <= found.true_positive <= math.ceil(share) + 1
