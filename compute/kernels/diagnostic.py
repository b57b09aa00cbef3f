"""A diagnostic test: what a result says about an illness. Bayes' theorem in its smallest form."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

Result = Literal["positive", "negative"]


class Frequencies(NamedTuple):
    """How many people of a population fall into each cell."""

    true_positive: int
    false_positive: int
    true_negative: int
    false_negative: int


def log_likelihoods(result: Result, sensitivity: float, specificity: float) -> tuple[float, float]:
    """log P(result | ill) and log P(result | healthy); minus infinity for an impossible one."""
    if result == "positive":
        return _log(sensitivity), _log(1 - specificity)
    return _log(1 - sensitivity), _log(specificity)


def posterior(
    prevalence: float, sensitivity: float, specificity: float, results: Sequence[Result]
) -> float | None:
    """P(ill | results) for results that are independent given the state of health.

    All numbers are probabilities in [0, 1], their ends included: sensitivity is
    P(positive | ill), specificity P(negative | healthy). None where the results cannot occur.
    """
    ill, healthy = _log(prevalence), _log(1 - prevalence)
    for result in results:
        log_ill, log_healthy = log_likelihoods(result, sensitivity, specificity)
        ill += log_ill
        healthy += log_healthy
    if math.isinf(ill) and math.isinf(healthy):
        return None
    if ill < healthy:
        ratio = math.exp(ill - healthy)
        return ratio / (1 + ratio)
    return 1 / (1 + math.exp(healthy - ill))


def odds(probability: float) -> float | None:
    """p / (1 − p); None where p is 1."""
    return None if probability == 1 else probability / (1 - probability)


def likelihood_ratio(
    sensitivity: float, specificity: float, results: Sequence[Result]
) -> float | None:
    """P(results | ill) / P(results | healthy), which multiplies the odds.

    None where the results cannot occur in the healthy, or the ratio is too large for a float.
    """
    ill = healthy = 0.0
    for result in results:
        log_ill, log_healthy = log_likelihoods(result, sensitivity, specificity)
        ill += log_ill
        healthy += log_healthy
    if math.isinf(healthy):
        return None
    try:
        return math.exp(ill - healthy)
    except OverflowError:
        return None


def natural_frequencies(
    prevalence: float, sensitivity: float, specificity: float, population: int
) -> Frequencies:
    """The expected number of people in each cell, rounded so that they sum to the population.

    Rounded by largest remainder: every cell is cut to a whole number, and the people left over
    go to the cells that lost most, the earlier cell first where two lost the same. Decimals are
    taken as they are written, so that 0.1 is one tenth and a tie is a tie.
    """
    ill, sensitive, specific = (
        Fraction(repr(float(number))) for number in (prevalence, sensitivity, specificity)
    )
    exact = [
        population * ill * sensitive,
        population * (1 - ill) * (1 - specific),
        population * (1 - ill) * specific,
        population * ill * (1 - sensitive),
    ]
    whole = [math.floor(share) for share in exact]
    by_loss = sorted(range(4), key=lambda cell: whole[cell] - exact[cell])
    for cell in by_loss[: population - sum(whole)]:
        whole[cell] += 1
    return Frequencies(*whole)


def _log(probability: float) -> float:
    return math.log(probability) if probability > 0 else -math.inf
