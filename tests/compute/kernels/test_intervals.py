import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from compute.kernels.densities import Beta, StudentT
from compute.kernels.intervals import equal_tailed, highest_density

UNIMODAL = [(2, 5), (439, 545), (1.5, 1.2), (40.5, 3), (1.2, 30), (5, 5), (1200, 1.7)]


@pytest.mark.parametrize(("alpha", "beta"), [*UNIMODAL, (0.5, 0.5), (0.1, 7), (1, 1), (3, 0.2)])
@pytest.mark.parametrize("mass", [0.5, 0.95, 0.999])
def test_equal_tails_agree_with_scipy(alpha, beta, mass):
    interval = equal_tailed(Beta(alpha, beta), mass)
    expected = stats.beta(alpha, beta).ppf([(1 - mass) / 2, (1 + mass) / 2])
    np.testing.assert_allclose(interval, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(("alpha", "beta"), UNIMODAL)
@pytest.mark.parametrize("mass", [0.5, 0.95, 0.999])
def test_highest_density_is_the_shortest_interval_of_its_mass(alpha, beta, mass):
    low, high = highest_density(Beta(alpha, beta), mass)
    density = stats.beta(alpha, beta)
    held, _ = integrate.quad(density.pdf, low, high, epsabs=1e-12, epsrel=1e-12)
    assert held == pytest.approx(mass, abs=1e-9)
    assert density.pdf(low) == pytest.approx(density.pdf(high), rel=1e-7)

    def width(p):
        return density.ppf(p + mass) - density.ppf(p)

    best = optimize.minimize_scalar(width, bounds=(0, 1 - mass), method="bounded")
    assert high - low <= best.fun + 1e-12


@pytest.mark.parametrize(("alpha", "beta"), UNIMODAL)
def test_highest_density_agrees_with_a_root_found_by_bisection(alpha, beta):
    density = stats.beta(alpha, beta)

    def gap(p):
        return density.logpdf(density.ppf(p)) - density.logpdf(density.isf(0.05 - p))

    p = optimize.brentq(gap, 1e-30, 0.05 - 1e-15, xtol=1e-17, rtol=1e-15)
    low, high = highest_density(Beta(alpha, beta), 0.95)
    assert low == pytest.approx(density.ppf(p), abs=1e-8)
    assert high == pytest.approx(density.isf(0.05 - p), abs=1e-8)


@pytest.mark.parametrize(
    ("alpha", "beta"), [(1000.0, 1e8), (1000.0, 1e9), (1e8, 1000.0), (300.0, 1e9), (5000.0, 2e8)]
)
def test_equal_tails_hold_their_mass_where_the_inverse_of_scipy_does_not(alpha, beta):
    density = stats.beta(alpha, beta)
    centre, sd = density.mean(), density.std()
    low, high = equal_tailed(Beta(alpha, beta), 0.95)
    inside, _ = integrate.quad(density.pdf, low, high, epsabs=1e-14, points=[centre])
    below, _ = integrate.quad(density.pdf, centre - 12 * sd, low, epsabs=1e-14)
    assert inside == pytest.approx(0.95, abs=1e-10)
    assert below == pytest.approx(0.025, abs=1e-10)


@given(
    st.floats(-6, 9).map(lambda power: 10.0**power), st.floats(-6, 9).map(lambda power: 10.0**power)
)
@settings(max_examples=200, deadline=None)
def test_intervals_of_any_beta_hold_their_mass_inside_the_support(alpha, beta):
    density = Beta(alpha, beta)
    interval = highest_density(density, 0.95)
    if interval is None:
        assert alpha < 1
        assert beta < 1
        return
    low, high = interval
    assert 0 <= low <= high <= 1
    assert high - low <= np.diff(equal_tailed(density, 0.95))[0] + 1e-12
    held = stats.beta.cdf(high, alpha, beta) - stats.beta.cdf(low, alpha, beta)
    if low > 1e-300 and high < 1 - 1e-9:
        assert held == pytest.approx(0.95, abs=1e-6)


def test_an_interval_that_all_but_touches_the_boundary():
    # Where both ends are equally likely the lower one is e^-300: nothing, to any reader.
    low, high = highest_density(Beta(1.01, 30), 0.95)
    assert low == pytest.approx(0, abs=1e-8)
    assert high == pytest.approx(stats.beta(1.01, 30).ppf(0.95), abs=1e-8)


def test_a_falling_density_has_its_interval_at_the_lower_boundary():
    low, high = highest_density(Beta(1, 9), 0.95)
    assert low == 0
    assert high == pytest.approx(1 - 0.05 ** (1 / 9), abs=1e-12)


def test_a_rising_density_has_its_interval_at_the_upper_boundary():
    low, high = highest_density(Beta(9, 0.5), 0.9)
    assert high == 1
    assert low == pytest.approx(stats.beta(9, 0.5).ppf(0.1), abs=1e-12)


def test_a_u_shaped_density_has_none():
    assert highest_density(Beta(0.5, 0.5), 0.95) is None


def test_of_a_flat_density_the_central_interval_is_given():
    assert highest_density(Beta(1, 1), 0.9) == pytest.approx((0.05, 0.95))


def test_a_billion_counts_are_no_trouble():
    density = Beta(450_000_001, 550_000_001)
    low, high = equal_tailed(density, 0.95)
    np.testing.assert_allclose(
        (low, high), stats.beta(450_000_001, 550_000_001).interval(0.95), rtol=0, atol=1e-10
    )
    assert highest_density(density, 0.95) == pytest.approx((low, high), abs=1e-9)


@pytest.mark.parametrize("df", [0.4, 1, 2.5, 30, 1e6])
@pytest.mark.parametrize("mass", [0.1, 0.95, 0.9999])
def test_intervals_of_student_t_agree_with_scipy(df, mass):
    density = StudentT(df, 3, 0.5)
    expected = stats.t(df, 3, 0.5).interval(mass)
    assert equal_tailed(density, mass) == pytest.approx(expected, rel=1e-10)
    assert highest_density(density, mass) == equal_tailed(density, mass)


def test_tails_too_heavy_for_a_float_are_infinite():
    assert equal_tailed(StudentT(2e-6, 0, 1), 0.95) == (-math.inf, math.inf)
