import math
from decimal import Decimal, localcontext
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy import stats

from compute.kernels.sample_size import MOST, Comparison

shares = st.floats(0.01, 0.99)
significances = st.floats(1e-6, 0.3)
sizes = st.integers(2, 10**12)


@st.composite
def comparisons(draw):
    control, treatment = draw(shares), draw(shares)
    assume(abs(treatment - control) >= 1e-4)
    return Comparison(control, treatment - control, draw(significances))


def power_of_z(comparison, n):
    """P(|Z| > critical value) for the test's own statistic, which is normal, but not standard."""
    p, q = comparison.baseline, comparison.treatment
    both = (p + q) / 2
    pooled = math.sqrt(both * (1 - both) * (1 / n + 1 / n))
    unpooled = math.sqrt(p * (1 - p) / n + q * (1 - q) / n)
    z = stats.norm(loc=comparison.difference / pooled, scale=unpooled / pooled)
    bar = stats.norm.isf(comparison.significance / 2)
    return z.sf(bar) + z.cdf(-bar)


def power_by_counting(comparison, n):
    """The probability of all pairs of counts that the pooled z test finds significant."""
    counts = np.arange(n + 1)
    control, treatment = np.meshgrid(counts, counts, indexing="ij")
    pooled = (control + treatment) / (2 * n)
    error = np.sqrt(pooled * (1 - pooled) * 2 / n)
    apart = np.abs(treatment - control) / n
    significant = apart > stats.norm.isf(comparison.significance / 2) * error
    chance = np.outer(
        stats.binom.pmf(counts, n, comparison.baseline),
        stats.binom.pmf(counts, n, comparison.treatment),
    )
    return chance[significant].sum()


def size_by_fleiss(comparison, power):
    """The closed form that leaves out the far tail, in 60 digits but for the quantiles."""
    with localcontext() as context:
        context.prec = 60
        p, difference = Decimal(comparison.baseline), Decimal(comparison.difference)
        q, mean = p + difference, p + difference / 2
        null = (2 * mean * (1 - mean)).sqrt()
        alternative = (p * (1 - p) + q * (1 - q)).sqrt()
        bar = Decimal(float(stats.norm.isf(comparison.significance / 2)))
        reach = Decimal(float(stats.norm.ppf(power)))
        return ((bar * null + reach * alternative) / difference) ** 2


# --- published values ---------------------------------------------------------------------------
# From the examples and details of the manual page of R's power.prop.test, which pools likewise.


def test_fifty_in_each_group_show_a_half_against_three_quarters_three_times_in_four():
    assert Comparison(0.5, 0.25, 0.05).power(50) == pytest.approx(0.740, abs=5e-4)


def test_a_half_against_three_quarters_takes_77():
    # 76.7, rounded up.
    comparison = Comparison(0.5, 0.25, 0.05)
    assert comparison.smallest(0.9) == 77
    assert float(size_by_fleiss(comparison, 0.9)) == pytest.approx(76.7, abs=0.05)


def test_nine_tenths_against_almost_all_takes_74():
    assert Comparison(0.9, 0.1 - 1e-12, 0.05).smallest(0.8) == 74


def test_two_million_in_each_group_show_a_tenth_of_a_point_half_of_the_time():
    # The standard error is 0.0005, the difference two of them: P(Z > -0.04) and a little.
    power = Comparison(0.5, 0.001, 0.05).power(2_000_000)
    assert power == pytest.approx(stats.norm.sf(1.95996 - 2) + stats.norm.cdf(-3.95996), abs=1e-5)
    assert round(float(power), 3) == 0.516


# --- independent references ---------------------------------------------------------------------


@given(comparisons(), sizes)
def test_the_power_is_that_of_the_test_statistic(comparison, n):
    assert comparison.power(n) == pytest.approx(power_of_z(comparison, n), rel=1e-9, abs=1e-13)


@pytest.mark.parametrize(
    ("baseline", "difference", "significance", "n"),
    [
        (0.5, 0.25, 0.05, 50),
        (0.3, -0.15, 0.05, 120),
        (0.2, 0.1, 0.01, 300),
        (0.5, 0.1, 0.1, 200),
        (0.9, -0.08, 0.05, 250),
    ],
)
def test_the_power_is_near_the_exact_one_of_binomial_counts(baseline, difference, significance, n):
    comparison = Comparison(baseline, difference, significance)
    # The counts are whole: the approximation and they are up to a few hundredths apart.
    assert comparison.power(n) == pytest.approx(power_by_counting(comparison, n), abs=0.03)


def test_the_approximation_closes_in_on_the_exact_power():
    def gap(n, difference):
        comparison = Comparison(0.4, difference, 0.05)
        return abs(comparison.power(n) - power_by_counting(comparison, n))

    assert gap(1600, 0.05) < 0.005 < gap(16, 0.5)


@given(comparisons(), st.floats(0.5, 0.99))
def test_the_size_is_that_of_the_closed_form_or_less_by_what_the_far_tail_adds(comparison, power):
    exact = size_by_fleiss(comparison, power)
    found = comparison.smallest(power)
    assert found <= max(2, math.ceil(exact * (1 + Decimal("1e-9"))))
    # With a significance of 0.3 and a power of a half, the far tail is a tenth of the answer.
    assert found >= float(exact) * (0.99 if comparison.significance <= 0.05 else 0.85) - 1


# With so small a significance there is no far tail to speak of.
@pytest.mark.parametrize("significance", [1e-12, 1e-8, 1e-5])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.999999])
def test_a_size_of_twelve_digits_and_more_is_that_of_the_closed_form(significance, power):
    for difference in (1e-6, -1e-7, 1e-8):
        comparison = Comparison(0.5, difference, significance)
        exact = size_by_fleiss(comparison, power)
        assert abs(comparison.smallest(power) / exact - 1) < Decimal("1e-12")


@given(st.floats(1e-300, 0.999))
def test_the_critical_value_is_the_normal_quantile(significance):
    found = Comparison(0.5, 0.1, significance).critical_value
    assert found == pytest.approx(stats.norm.isf(significance / 2), rel=1e-10, abs=1e-12)


# --- what always holds --------------------------------------------------------------------------


@given(comparisons(), st.lists(sizes, min_size=2, unique=True))
def test_more_in_each_group_never_have_less_power(comparison, some):
    powers = comparison.power(np.array(sorted(some), float))
    assert (np.diff(powers) >= -1e-15).all()
    assert ((powers > 0) & (powers <= 1)).all()


@given(comparisons(), st.floats(1e-6, 0.9999))
@example(Comparison(0.5, 0.001, 0.05), 0.999999)
@example(Comparison(0.5, 0.001, 1e-12), 0.8)
@example(Comparison(0.01, 0.98, 0.05), 0.8)
def test_the_size_is_the_smallest_that_has_the_power(comparison, power):
    found = comparison.smallest(power)
    assert type(found) is int
    assert comparison.power(found) >= power
    assert found == 2 or comparison.power(found - 1) < power


@given(st.integers(1, 63), st.integers(1, 63), significances, sizes)
def test_counting_failures_instead_of_successes_changes_nothing(p, q, significance, n):
    assume(p != q)
    # 64ths, whose complements are exact.
    successes = Comparison(p / 64, (q - p) / 64, significance)
    failures = Comparison(1 - p / 64, (p - q) / 64, significance)
    assert successes.power(n) == failures.power(n)
    assert successes.smallest(0.8) == failures.smallest(0.8)


@given(comparisons(), sizes)
def test_control_and_treatment_may_change_places(comparison, n):
    swapped = Comparison(comparison.treatment, -comparison.difference, comparison.significance)
    assert comparison.power(n) == pytest.approx(float(swapped.power(n)), rel=1e-9)


@given(comparisons(), st.floats(0.05, 0.95), st.floats(1.01, 3))
def test_a_stricter_test_or_more_power_takes_no_fewer(comparison, power, factor):
    strict = Comparison(
        comparison.baseline, comparison.difference, comparison.significance / factor
    )
    assert strict.smallest(power) >= comparison.smallest(power)
    assert comparison.smallest(1 - (1 - power) / factor) >= comparison.smallest(power)


@given(comparisons(), st.integers(2, 10**12))
def test_the_curve_rises_through_the_answer(comparison, n):
    drawn, powers = comparison.curve(n)
    assert n in drawn
    assert 2 <= drawn[0] <= n < drawn[-1] <= MOST
    assert all(type(size) is int for size in drawn)
    assert all(a < b for a, b in pairwise(drawn))
    assert all(a <= b for a, b in pairwise(powers))
    assert len(drawn) == len(powers) <= 101
    assert powers[drawn.index(n)] == pytest.approx(float(comparison.power(n)), abs=1e-15)
    assert powers[-1] > 0.99


# --- the edge -----------------------------------------------------------------------------------


def test_a_difference_of_a_billionth_takes_a_number_of_nineteen_digits():
    comparison = Comparison(0.5, 1e-9, 0.05)
    found = comparison.smallest(0.8)
    assert len(str(found)) == 19
    assert comparison.power(found) == pytest.approx(0.8, abs=1e-15)


def test_no_number_of_users_shows_a_difference_that_is_too_small():
    assert Comparison(0.5, 1e-11, 0.05).smallest(0.8) is None
    assert Comparison(0.5, 1e-300, 0.05).smallest(0.8) is None


@pytest.mark.parametrize("baseline", [5e-324, 1e-300, 0.5, 1 - 2**-53])
@pytest.mark.parametrize("significance", [5e-324, 1e-12, 0.05, 1 - 2**-53])
@pytest.mark.parametrize("difference", [5e-324, -1e-300, 1e-17, 1e-9, 0.4, -0.4])
def test_no_corner_gives_anything_but_probabilities(baseline, significance, difference):
    comparison = Comparison(baseline, difference, significance)
    if not 0 < comparison.treatment < 1:
        return
    powers = comparison.power(np.array([2.0, 1e3, 1e12, MOST]))
    assert ((powers >= 0) & (powers <= 1)).all()
    assert np.isfinite(comparison.curve(10**12)[1]).all()
    for power in (5e-324, 0.5, 0.999999, 1 - 2**-53):
        found = comparison.smallest(power)
        assert found is None or comparison.power(found) >= power


def test_where_the_difference_is_nothing_the_power_is_the_significance():
    assert Comparison(0.3, 1e-30, 0.05).power(10**6) == pytest.approx(0.05, rel=1e-12)


def test_a_curve_so_flat_that_rounding_alone_would_let_it_fall_does_not():
    _, powers = Comparison(0.5, 1e-13, 0.3).curve(1000)
    assert (np.diff(powers) >= 0).all()
