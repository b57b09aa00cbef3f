"""Conjugate updates: a prior and data in, a posterior of the same family out, in closed form.

Formulas: Gelman et al., "Bayesian Data Analysis", 3rd edition, 2013, sections 2.4 and 3.3;
Murphy, "Conjugate Bayesian analysis of the Gaussian distribution", 2007, section 6.
"""

import math
from typing import NamedTuple

from scipy import special

from compute.kernels.densities import Beta, Floats, StudentT

# From here on four terms of Stirling's series for log Γ are exact to 2e-15.
STIRLING_FROM = 20.0


class BetaPrior(NamedTuple):
    """A probability ~ Beta(alpha, beta)."""

    alpha: float
    beta: float


class Counts(NamedTuple):
    """Successes among trials, each 0 to some 1e9. `ordered`: their order was observed too."""

    successes: int
    trials: int
    ordered: bool


class NormalInverseGamma(NamedTuple):
    """variance ~ InverseGamma(alpha, beta), and mean ~ N(mean, variance / kappa) given it."""

    mean: float
    kappa: float
    alpha: float
    beta: float


def update_beta(prior: BetaPrior, data: Counts) -> BetaPrior:
    """Successes are added to alpha, failures to beta."""
    failures = data.trials - data.successes
    return BetaPrior(prior.alpha + data.successes, prior.beta + failures)


def log_evidence_beta(prior: BetaPrior, data: Counts) -> float:
    """The log probability of the data before they were seen.

    Of this very sequence, B(alpha + s, beta + f) / B(alpha, beta), if `data.ordered`; of this
    many successes in any order otherwise, which is the first times n over s and at most 0.
    """
    alpha, beta = prior
    successes, trials = data.successes, data.trials
    failures = trials - successes
    if data.ordered or trials < alpha + beta:
        # Γ(a + s)/Γ(a) · Γ(b + f)/Γ(b) · Γ(a + b)/Γ(a + b + n)
        log_sequence = (
            log_gamma_ratio(alpha, successes)
            + log_gamma_ratio(beta, failures)
            - log_gamma_ratio(alpha + beta, trials)
        )
        return log_sequence if data.ordered else log_sequence + log_choose(trials, successes)
    # With many trials, B(a + s, b + f) and n over s nearly cancel: divide them term by term.
    return (
        log_gamma_ratio(successes + 1, alpha - 1)
        + log_gamma_ratio(failures + 1, beta - 1)
        - log_gamma_ratio(trials + 1, alpha + beta - 1)
        - float(special.betaln(alpha, beta))
    )


def update_normal(prior: NormalInverseGamma, data: Floats) -> NormalInverseGamma:
    """The posterior after `data` of shape (n,), n >= 0, drawn from N(mean, variance)."""
    n = len(data)
    if n == 0:
        return prior
    average = float(data.mean())
    spread = float(((data - average) ** 2).sum())
    kappa = prior.kappa + n
    shift = average - prior.mean
    return NormalInverseGamma(
        mean=prior.mean + n / kappa * shift,
        kappa=kappa,
        alpha=prior.alpha + n / 2,
        beta=prior.beta + spread / 2 + prior.kappa * n * shift**2 / (2 * kappa),
    )


def log_evidence_normal(prior: NormalInverseGamma, data: Floats) -> float:
    """The log density of the data (n,) before they were seen."""
    posterior = update_normal(prior, data)
    n = len(data)
    return (
        log_gamma_ratio(prior.alpha, n / 2)
        + prior.alpha * math.log(prior.beta)
        - posterior.alpha * math.log(posterior.beta)
        + (math.log(prior.kappa) - math.log(posterior.kappa)) / 2
        - n / 2 * math.log(2 * math.pi)
    )


def density_of_probability(posterior: BetaPrior) -> Beta:
    return Beta(posterior.alpha, posterior.beta)


def density_of_mean(posterior: NormalInverseGamma) -> StudentT:
    """The mean with the variance integrated out."""
    mean, kappa, alpha, beta = posterior
    return StudentT(2 * alpha, mean, math.sqrt(beta / (alpha * kappa)))


def predictive_normal(posterior: NormalInverseGamma) -> StudentT:
    """The next observation, with mean and variance integrated out."""
    mean, kappa, alpha, beta = posterior
    return StudentT(2 * alpha, mean, math.sqrt(beta / alpha * (1 + 1 / kappa)))


def log_choose(n: int, k: int) -> float:
    """The log of n over k."""
    return -math.log(n + 1) - float(special.betaln(n - k + 1, k + 1))


def log_gamma_ratio(x: float, step: float) -> float:
    """log Γ(x + step) − log Γ(x), without the loss of digits of a plain difference.

    x > 0 and x + step > 0. The absolute error is some 1e-16 of the result, not of log Γ(x).
    """
    if min(x, x + step) < STIRLING_FROM:
        return float(special.gammaln(x + step) - special.gammaln(x))
    return (
        (x - 0.5) * math.log1p(step / x)
        + step * math.log(x + step)
        - step
        + _stirling_rest(x + step)
        - _stirling_rest(x)
    )


def _stirling_rest(x: float) -> float:
    """log Γ(x) less (x − 1/2) log x − x + log(2π)/2."""
    square = 1 / (x * x)
    return (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680))) / x
