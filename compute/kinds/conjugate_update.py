"""The kind `conjugate-update`: a prior and data in, the posterior of the same family out.

A family is one parameter model and one entry of FAMILIES.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    Discriminator,
    Field,
    PlainSerializer,
    PlainValidator,
    RootModel,
    Tag,
    WithJsonSchema,
    model_validator,
)

from compute.charts import line_chart
from compute.kernels import conjugate
from compute.kernels.densities import Beta, StudentT
from compute.kernels.intervals import equal_tailed, highest_density
from compute.params import Floats, Params, Result, parse_vector, refuse, vector_schema
from compute.registry import Chart, Progress, job_kind

MOST_OBSERVATIONS = 100_000
LARGEST_OBSERVATION = 1e12
MOST_FRAMES = 200
CURVE_POINTS = 500
# A density whose bulk takes a smaller part of the picture gets points of its own.
NARROW = 0.1

Numbers = dict[str, float]
Interval = Annotated[list[float], Field(min_length=2, max_length=2)]
CurveDensity = Beta | StudentT


def parse_trials(value: object) -> Floats:
    trials = parse_vector(value, most=MOST_OBSERVATIONS, largest=LARGEST_OBSERVATION)
    wrong = np.flatnonzero((trials != 0) & (trials != 1))
    refuse([((int(i),), "choice", "Each observation should be 0 or 1.") for i in wrong[:10]])
    return trials


def parse_observations(value: object) -> Floats:
    return parse_vector(value, most=MOST_OBSERVATIONS, largest=LARGEST_OBSERVATION)


Trials = Annotated[
    Floats,
    PlainValidator(parse_trials),
    PlainSerializer(lambda trials: trials.astype(int).tolist(), when_used="json"),
    WithJsonSchema(vector_schema({"enum": [0, 1], "type": "integer"}, MOST_OBSERVATIONS)),
]
Observations = Annotated[
    Floats,
    PlainValidator(parse_observations),
    PlainSerializer(lambda array: array.tolist(), when_used="json"),
    WithJsonSchema(
        vector_schema(
            {"type": "number", "minimum": -LARGEST_OBSERVATION, "maximum": LARGEST_OBSERVATION},
            MOST_OBSERVATIONS,
        )
    ),
]


class ConjugateParams(Params):
    """What every family takes beside its prior and its data."""

    credible_mass: float = Field(
        0.95, ge=0.01, le=0.9999, description="The probability that an interval holds."
    )
    frames: bool = Field(True, description="Also answer the posteriors on the way.")


class BetaPrior(Params):
    alpha: float = Field(ge=1e-6, le=1e9, description="Pseudo-count of successes.")
    beta: float = Field(ge=1e-6, le=1e9, description="Pseudo-count of failures.")


class SuccessCounts(Params):
    successes: int = Field(ge=0, le=10**9)
    trials: int = Field(ge=0, le=10**9)

    @model_validator(mode="after")
    def _fit(self) -> "SuccessCounts":
        if self.successes > self.trials:
            detail = f"There should be at most as many successes as trials, {self.trials}."
            refuse([(("successes",), "too_large", detail)])
        return self


def _form_of_counts(data: object) -> str | None:
    if isinstance(data, list | np.ndarray):
        return "list"
    return "counts" if isinstance(data, dict | SuccessCounts) else None


class BetaBinomialParams(ConjugateParams):
    family: Literal["beta-binomial"]
    prior: BetaPrior
    data: Annotated[
        Annotated[Trials, Tag("list")] | Annotated[SuccessCounts, Tag("counts")],
        Discriminator(
            _form_of_counts,
            custom_error_type="type",
            custom_error_message="This should be a list of 0 and 1, or successes and trials.",
        ),
    ] = Field(description="Results of trials in order, 1 for a success; or their counts.")


class NormalInverseGammaPrior(Params):
    mean: float = Field(ge=-1e12, le=1e12, description="The expected mean.")
    kappa: float = Field(ge=1e-6, le=1e9, description="How many observations the mean is worth.")
    alpha: float = Field(ge=1e-6, le=1e9, description="Shape of the variance's prior.")
    beta: float = Field(ge=1e-12, le=1e24, description="Scale of the variance's prior.")


class NormalInverseGammaParams(ConjugateParams):
    family: Literal["normal-inverse-gamma"]
    prior: NormalInverseGammaPrior
    data: Observations = Field(description="Observations of one normal distribution.")


class ConjugateUpdateParams(
    RootModel[
        Annotated[BetaBinomialParams | NormalInverseGammaParams, Field(discriminator="family")]
    ]
):
    """The parameters of one family."""

    @model_validator(mode="before")
    @classmethod
    def _names_a_family(cls, data: object) -> object:
        # pydantic would print whatever else stands here, however deeply nested it is.
        if isinstance(data, dict) and not isinstance(data.get("family", ""), str):
            names = ", ".join(FAMILIES)
            refuse([(("family",), "choice", f"This should be one of: {names}.")])
        return data


class Summary(Result):
    mean: float | None
    sd: float | None
    mode: float | None = Field(description="null where it is not unique.")
    eti: Interval | None = Field(
        description="The equal-tailed interval; null where the tails are too heavy for a number."
    )
    hdi: Interval | None = Field(
        description="The highest-density interval; null for a u-shaped density."
    )


class Predictive(Result):
    mean: float | None
    sd: float | None
    eti: Interval | None


class Frame(Result):
    n: int = Field(description="How many observations have been seen.")
    posterior: Numbers
    eti: Interval | None


class Curves(Result):
    x: list[float]
    prior: list[float]
    posterior: list[float]


class ConjugateUpdateResult(Result):
    prior: Numbers
    posterior: Numbers
    summary: Summary = Field(description="Of the parameter: of the mean for a normal family.")
    log_evidence: float = Field(
        description="The log probability (density) of the data under the prior: of the sequence "
        "for a list, of the number of successes for counts."
    )
    predictive: Predictive = Field(description="Of the next observation.")
    frames: list[Frame] = Field(
        description="The posterior after the first n observations, at most 200 of them evenly "
        "spread, the last always there; empty for counts."
    )
    curves: Curves = Field(description="Densities at 500 points of the parameter.")
    notes: list[str] = Field(description="What does not exist, and why.")


@dataclass(frozen=True)
class Family:
    """What sets one conjugate family apart; its numbers carry the names of its prior."""

    parameter: str
    # A list of observations, or counts of them, as the functions below take them.
    read: Callable[[Any], Any]
    update: Callable[[Numbers, Any], Numbers]
    log_evidence: Callable[[Numbers, Any], float]
    density: Callable[[Numbers], CurveDensity]
    predictive: Callable[[Numbers, float], dict[str, Any]]


def _read_trials(data: Floats | SuccessCounts) -> conjugate.Counts:
    if isinstance(data, SuccessCounts):
        return conjugate.Counts(data.successes, data.trials, ordered=False)
    return conjugate.Counts(int(data.sum()), len(data), ordered=True)


def _next_trial(posterior: Numbers, mass: float) -> dict[str, Any]:
    p = Beta(**posterior).mean
    tail = (1 - mass) / 2
    # The smallest of 0 and 1 that has at least this probability up to it.
    eti = [0.0 if 1 - p >= tail else 1.0, 0.0 if 1 - p >= 1 - tail else 1.0]
    return {"mean": p, "sd": math.sqrt(p * (1 - p)), "eti": eti}


def _next_observation(posterior: Numbers, mass: float) -> dict[str, Any]:
    density = conjugate.predictive_normal(conjugate.NormalInverseGamma(**posterior))
    return {"mean": density.mean, "sd": density.sd, "eti": _eti(density, mass)}


FAMILIES = {
    "beta-binomial": Family(
        parameter="probability of success",
        read=_read_trials,
        update=lambda prior, data: conjugate.update_beta(
            conjugate.BetaPrior(**prior), data
        )._asdict(),
        log_evidence=lambda prior, data: conjugate.log_evidence_beta(
            conjugate.BetaPrior(**prior), data
        ),
        density=lambda numbers: Beta(**numbers),
        predictive=_next_trial,
    ),
    "normal-inverse-gamma": Family(
        parameter="mean",
        read=lambda data: data,
        update=lambda prior, data: conjugate.update_normal(
            conjugate.NormalInverseGamma(**prior), data
        )._asdict(),
        log_evidence=lambda prior, data: conjugate.log_evidence_normal(
            conjugate.NormalInverseGamma(**prior), data
        ),
        density=lambda numbers: conjugate.density_of_mean(conjugate.NormalInverseGamma(**numbers)),
        predictive=_next_observation,
    ),
}


def density_chart(params: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """Prior and posterior over the parameter."""
    curves = result["curves"]
    return line_chart(
        curves["x"],
        {"prior": curves["prior"], "posterior": curves["posterior"]},
        title="Prior and posterior",
        x_title=FAMILIES[params["family"]].parameter,
        y_title="density",
        reading=_reading(params, result["summary"]),
    )


def _reading(params: dict[str, Any], summary: dict[str, Any]) -> str:
    sentences = []
    if summary["mean"] is not None:
        sentences.append(f"The posterior mean is {summary['mean']:.4g}.")
    if summary["eti"] is not None:
        low, high = summary["eti"]
        mass = 100 * params.get("credible_mass", 0.95)
        sentences.append(f"The {mass:.4g} % interval runs from {low:.4g} to {high:.4g}.")
    return " ".join(sentences)


@job_kind(
    name="conjugate-update",
    title="Conjugate update",
    summary="A prior and data in, the posterior of the same family out, in closed form.",
    version=1,
    params=ConjugateUpdateParams,
    result=ConjugateUpdateResult,
    example_params={
        "family": "beta-binomial",
        "prior": {"alpha": 2, "beta": 2},
        "data": [1, 0, 1, 1, 0, 1, 1, 1],
    },
    charts=(Chart("density", "Prior and posterior", density_chart),),
    time_seconds=10,
    memory_mb=512,
    # 100,000 observations take 0.01 s; the rest is for queue, database and a busy machine.
    expected=lambda params: 0.05,
)
def run(params: ConjugateUpdateParams, progress: Progress) -> dict[str, Any]:
    chosen = params.root
    family = FAMILIES[chosen.family]
    mass = chosen.credible_mass
    prior: Numbers = chosen.prior.model_dump()
    data = family.read(chosen.data)
    posterior = family.update(prior, data)
    density = family.density(posterior)
    eti = _eti(density, mass)
    hdi = highest_density(density, mass) if eti else None
    sequence = chosen.data if isinstance(chosen.data, np.ndarray) and chosen.frames else None
    return {
        "prior": prior,
        "posterior": posterior,
        "summary": {
            "mean": density.mean,
            "sd": density.sd,
            "mode": density.mode,
            "eti": eti,
            "hdi": list(hdi) if hdi else None,
        },
        "log_evidence": family.log_evidence(prior, data),
        "predictive": family.predictive(posterior, mass),
        "frames": [] if sequence is None else _frames(family, prior, sequence, posterior, mass),
        "curves": _curves(family.density(prior), density),
        "notes": _notes(density, eti),
    }


def _eti(density: CurveDensity, mass: float) -> list[float] | None:
    low, high = equal_tailed(density, mass)
    return [low, high] if math.isfinite(high - low) else None


def _notes(density: CurveDensity, eti: list[float] | None) -> list[str]:
    notes = []
    if density.shape == "u-shaped":
        notes.append(
            "The density is u-shaped: it has no single mode, and its region of highest density "
            "is two intervals."
        )
    if density.shape == "flat":
        notes.append(
            "The density is flat: every point is a mode, and of the intervals of this mass, all "
            "equally short, the central one is given."
        )
    if density.mean is None:
        notes.append("The posterior of the mean has tails so heavy that no expectation exists.")
    elif density.sd is None:
        notes.append("The posterior of the mean has tails so heavy that its variance is infinite.")
    if eti is None:
        notes.append("The intervals reach beyond the largest number that can be written.")
    return notes


def _frames(
    family: Family, prior: Numbers, data: Floats, last: Numbers, mass: float
) -> list[dict[str, Any]]:
    """Posteriors on the way to `last`: each block of data updates what the one before it left."""
    if len(data) == 0:
        return []
    ends = np.linspace(1, len(data), min(len(data), MOST_FRAMES)).round().astype(int).tolist()
    posteriors, posterior, seen = [], prior, 0
    for end in ends[:-1]:
        posterior = family.update(posterior, family.read(data[seen:end]))
        posteriors.append(posterior)
        seen = end
    return [
        {"n": end, "posterior": posterior, "eti": _eti(family.density(posterior), mass)}
        for end, posterior in zip(ends, [*posteriors, last], strict=True)
    ]


def _curves(prior: CurveDensity, posterior: CurveDensity) -> dict[str, list[float]]:
    x = _curve_points(prior, posterior)
    return {
        "x": x.tolist(),
        "prior": prior.density(x).tolist(),
        "posterior": posterior.density(x).tolist(),
    }


def _curve_points(prior: CurveDensity, posterior: CurveDensity) -> Floats:
    """CURVE_POINTS rising points that show both densities, however narrow one of them is."""
    low, high = _window(prior, posterior)
    bulks = [np.clip(density.bulk, low, high) for density in (prior, posterior)]
    narrow = [(a, b) for a, b in bulks if 0 < b - a < NARROW * (high - low)]
    share = CURVE_POINTS // (1 + len(narrow))
    evenly = np.linspace(low, high, CURVE_POINTS - share * len(narrow))
    x = np.unique(np.concatenate([evenly, *(np.linspace(a, b, share) for a, b in narrow)]))
    while len(x) < CURVE_POINTS:
        # Points that fell together are made up for in the widest gaps.
        widest = np.argsort(-np.diff(x), kind="stable")[: CURVE_POINTS - len(x)]
        x = np.sort(np.concatenate([x, (x[widest] + x[widest + 1]) / 2]))
    return x


def _window(prior: CurveDensity, posterior: CurveDensity) -> tuple[float, float]:
    if isinstance(prior, Beta) and isinstance(posterior, Beta):
        # An end where a density is infinite is left out by half a step.
        step = 0.5 / CURVE_POINTS
        parameters = (prior.alpha, posterior.alpha), (prior.beta, posterior.beta)
        low, high = (step * (min(pair) < 1) for pair in parameters)
        return low, 1 - high
    low, high = posterior.bulk
    # A vague prior would squeeze the posterior to a line: show it near the posterior only.
    reach = 5 * (high - low)
    below, above = prior.bulk
    return max(min(low, below), low - reach), min(max(high, above), high + reach)
