import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from compute.kernels.conjugate import (
    BetaPrior,
    Counts,
    NormalInverseGamma,
    density_of_mean,
    log_evidence_beta,
    log_evidence_normal,
    log_gamma_ratio,
    predictive_normal,
    update_beta,
    update_normal,
)
from compute.kernels.densities import Beta, StudentT

DATA = np.array([1.2, -0.4, 3.1, 0.7, 2.2])
PRIOR = NormalInverseGamma(mean=0.5, kappa=2.0, alpha=3.0, beta=1.5)


def joint_density(mean, variance, data, prior=PRIOR):
    """Prior times likelihood of the normal model, straight from its definition."""
    inverse_gamma = prior.beta**prior.alpha / math.gamma(prior.alpha)
    inverse_gamma *= variance ** (-prior.alpha - 1) * math.exp(-prior.beta / variance)
    density = inverse_gamma * normal(mean, prior.mean, variance / prior.kappa)
    return density * math.prod(normal(x, mean, variance) for x in data)


def normal(x, mean, variance):
    return math.exp(-((x - mean) ** 2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)


def evidence_of_mean(mean, data):
    """Joint density of mean and data, the variance integrated out by quadrature."""

    def over_log_variance(log):
        return joint_density(mean, math.exp(log), data) * math.exp(log)

    return integrate.quad(over_log_variance, -6, 8, epsabs=0, epsrel=1e-10, limit=200)[0]


def test_beta_counts_are_added():
    assert update_beta(BetaPrior(2, 3), Counts(7, 10, ordered=True)) == (9, 6)


@pytest.mark.parametrize(("alpha", "beta"), [(2, 3), (0.5, 0.5), (30, 1)])
def test_evidence_of_a_sequence_agrees_with_quadrature(alpha, beta):
    def joint(p):
        return stats.beta(alpha, beta).pdf(p) * p**7 * (1 - p) ** 3

    expected = math.log(integrate.quad(joint, 0, 1, epsabs=0, epsrel=1e-11)[0])
    found = log_evidence_beta(BetaPrior(alpha, beta), Counts(7, 10, ordered=True))
    assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("alpha", "beta", "successes", "trials"),
    [(2, 3, 7, 10), (1, 1, 0, 0), (0.5, 0.5, 437, 980), (300, 5, 1, 4), (1e-6, 1e-6, 1, 3)],
)
def test_evidence_of_counts_agrees_with_the_beta_binomial(alpha, beta, successes, trials):
    found = log_evidence_beta(BetaPrior(alpha, beta), Counts(successes, trials, ordered=False))
    expected = stats.betabinom(trials, alpha, beta).logpmf(successes)
    assert found == pytest.approx(expected, abs=1e-9)


def test_under_a_uniform_prior_a_billion_counts_are_equally_likely():
    counts = Counts(450_000_000, 10**9, ordered=False)
    assert log_evidence_beta(BetaPrior(1, 1), counts) == pytest.approx(-math.log(10**9 + 1), 1e-14)


@given(st.lists(st.integers(0, 1), min_size=1, max_size=30), st.floats(1e-3, 50))
@settings(max_examples=60, deadline=None)
def test_evidence_of_a_sequence_is_the_product_of_its_predictions(trials, alpha):
    log_product, current = 0.0, BetaPrior(alpha, 2.0)
    for trial in trials:
        p = current.alpha / (current.alpha + current.beta)
        log_product += math.log(p if trial else 1 - p)
        current = update_beta(current, Counts(trial, 1, ordered=True))
    counts = Counts(sum(trials), len(trials), ordered=True)
    found = log_evidence_beta(BetaPrior(alpha, 2.0), counts)
    assert found == pytest.approx(log_product, abs=1e-9)


def test_log_gamma_ratio_of_a_whole_step_is_a_sum_of_logs():
    assert log_gamma_ratio(1e9, 3) == pytest.approx(
        math.log(1e9) + math.log(1e9 + 1) + math.log(1e9 + 2), rel=1e-15
    )
    assert log_gamma_ratio(25.5, 1) == pytest.approx(math.log(25.5), rel=1e-14)
    assert log_gamma_ratio(2, 3) == pytest.approx(math.log(2 * 3 * 4), rel=1e-14)


def test_the_normal_posterior_is_proportional_to_prior_times_likelihood():
    posterior = update_normal(PRIOR, DATA)
    ratios = [
        joint_density(mean, variance, DATA) / joint_density(mean, variance, [], posterior)
        for mean, variance in [(0.1, 0.5), (1.0, 1.0), (2.0, 4.0), (1.3, 0.9)]
    ]
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-12)


def test_the_normal_evidence_agrees_with_quadrature():
    evidence = integrate.quad(lambda m: evidence_of_mean(m, DATA), -15, 15, epsrel=1e-9)[0]
    assert log_evidence_normal(PRIOR, DATA) == pytest.approx(math.log(evidence), abs=1e-7)


def test_the_density_of_the_mean_agrees_with_quadrature():
    evidence = math.exp(log_evidence_normal(PRIOR, DATA))
    means = np.array([0.0, 1.0, 1.4, 2.5])
    expected = [evidence_of_mean(mean, DATA) / evidence for mean in means]
    found = density_of_mean(update_normal(PRIOR, DATA)).density(means)
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_the_prediction_is_a_ratio_of_evidences():
    posterior = update_normal(PRIOR, DATA)
    for following in (-1.0, 1.3, 4.0):
        with_it = log_evidence_normal(PRIOR, np.append(DATA, following))
        ratio = math.exp(with_it - log_evidence_normal(PRIOR, DATA))
        assert math.exp(predictive_normal(posterior).log_density(following)) == pytest.approx(ratio)


def test_all_at_once_and_one_by_one_end_alike():
    one_by_one = PRIOR
    for observation in DATA:
        one_by_one = update_normal(one_by_one, np.array([observation]))
    assert one_by_one == pytest.approx(update_normal(PRIOR, DATA), rel=1e-13)


def test_no_data_leave_the_prior():
    nothing = np.array([])
    assert update_normal(PRIOR, nothing) == PRIOR
    assert log_evidence_normal(PRIOR, nothing) == 0
    assert log_evidence_beta(BetaPrior(2, 3), Counts(0, 0, ordered=True)) == 0


def test_a_large_offset_costs_no_digits():
    shifted = update_normal(PRIOR._replace(mean=PRIOR.mean + 1e6), DATA + 1e6)
    assert shifted.beta == pytest.approx(update_normal(PRIOR, DATA).beta, rel=1e-9)


@pytest.mark.parametrize(("alpha", "beta"), [(2, 5), (0.5, 0.5), (1, 3), (400, 600)])
def test_the_beta_agrees_with_scipy(alpha, beta):
    ours, theirs = Beta(alpha, beta), stats.beta(alpha, beta)
    x = np.array([0.01, 0.3, 0.5, 0.99])
    assert (ours.mean, ours.sd) == pytest.approx((theirs.mean(), theirs.std()), rel=1e-12)
    np.testing.assert_allclose(ours.density(x), theirs.pdf(x), rtol=1e-9)
    assert ours.log_density(0.3) == pytest.approx(theirs.logpdf(0.3), abs=1e-9)
    step = 1e-6
    slope = (theirs.logpdf(0.3 + step) - theirs.logpdf(0.3 - step)) / (2 * step)
    assert ours.slope(0.3) == pytest.approx(slope, abs=1e-4)


@pytest.mark.parametrize(
    ("alpha", "beta", "mode"),
    [(3, 2, 2 / 3), (1, 4, 0), (0.5, 1, 0), (4, 1, 1), (1, 1, None), (0.5, 0.5, None)],
)
def test_the_mode_of_a_beta_is_none_where_it_is_not_unique(alpha, beta, mode):
    assert Beta(alpha, beta).mode == (mode if mode is None else pytest.approx(mode))


@pytest.mark.parametrize("df", [2.5, 7, 1e8])
def test_student_t_agrees_with_scipy(df):
    ours, theirs = StudentT(df, 1.5, 2), stats.t(df, 1.5, 2)
    x = np.array([-20.0, 0, 1.5, 4])
    assert (ours.mean, ours.sd) == pytest.approx((theirs.mean(), theirs.std()), rel=1e-10)
    np.testing.assert_allclose(ours.density(x), theirs.pdf(x), rtol=1e-7)
    assert ours.log_density(4.0) == pytest.approx(theirs.logpdf(4), abs=1e-7)
    slope = (theirs.logpdf(4 + 1e-6) - theirs.logpdf(4 - 1e-6)) / 2e-6
    assert ours.slope(4.0) == pytest.approx(slope, abs=1e-6)


def test_heavy_tails_have_no_mean_and_no_deviation():
    assert StudentT(1, 0, 1).mean is None
    assert StudentT(2, 0, 1).mean == 0
    assert StudentT(2, 0, 1).sd is None
