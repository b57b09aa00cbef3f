"""The kind `diagnostic-test`: how likely an illness is after the results of a test."""

import math
from typing import Any

from pydantic import Field, model_validator

from compute.charts import POSTERIOR, PRIOR, chart
from compute.kernels import diagnostic
from compute.params import Params, Result, refuse
from compute.registry import Chart, Progress, job_kind

CELLS = {
    "true_positive": ("ill", "positive"),
    "false_positive": ("healthy", "positive"),
    "true_negative": ("healthy", "negative"),
    "false_negative": ("ill", "negative"),
}
PEOPLE = "Who tests positive, who negative"
RESULTS = ["positive", "negative"]


class DiagnosticTestParams(Params):
    prevalence: float = Field(
        ge=0, le=1, description="The share of people who are ill, before any test: P(ill)."
    )
    sensitivity: float = Field(
        ge=0, le=1, description="How often the test finds the ill: P(positive | ill)."
    )
    specificity: float = Field(
        ge=0, le=1, description="How often the test clears the healthy: P(negative | healthy)."
    )
    population: int = Field(
        1000, ge=1, le=10**9, description="How many people the natural frequencies count."
    )
    results: list[diagnostic.Result] = Field(
        ["positive"],
        max_length=100,
        description="The results of one person's tests in order, taken as independent given "
        "whether the person is ill.",
    )

    @model_validator(mode="after")
    def _results_are_possible(self) -> "DiagnosticTestParams":
        for index, result in enumerate(self.results):
            if self.posterior_after(self.results[: index + 1]) is None:
                detail = f"A {result} result cannot occur here: its probability is 0."
                refuse([(("results", index), "impossible", detail)])
        return self

    def posterior_after(self, results: list[diagnostic.Result]) -> float | None:
        """P(ill | results); None if they cannot occur."""
        return diagnostic.posterior(self.prevalence, self.sensitivity, self.specificity, results)

    def likelihood_ratio(self, results: list[diagnostic.Result]) -> float | None:
        return diagnostic.likelihood_ratio(self.sensitivity, self.specificity, results)


class NaturalFrequencies(Result):
    true_positive: int
    false_positive: int
    true_negative: int
    false_negative: int


class Odds(Result):
    prior: float | None = Field(description="prevalence / (1 - prevalence); null if it is 1.")
    likelihood_ratio: float | None = Field(
        description="P(results | ill) / P(results | healthy); null if the healthy never show them."
    )
    posterior: float | None = Field(description="prior × likelihood_ratio; null if certain.")


class Step(Result):
    result: diagnostic.Result
    likelihood_ratio: float | None
    prior: float = Field(description="P(ill) before this result.")
    posterior: float = Field(description="P(ill) after it.")


class DiagnosticTestResult(Result):
    posterior: float = Field(description="P(ill) after all results.")
    ppv: float | None = Field(
        description="P(ill | one positive result); null if no result is ever positive."
    )
    npv: float | None = Field(
        description="P(healthy | one negative result); null if no result is ever negative."
    )
    natural_frequencies: NaturalFrequencies
    odds: Odds
    steps: list[Step] = Field(description="The update by each result in turn.")


def _people(params: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    counts = result["natural_frequencies"]
    rows = [
        {"health": health, "result": outcome, "people": counts[cell]}
        for cell, (health, outcome) in CELLS.items()
    ]
    ill, healthy = counts["true_positive"], counts["false_positive"]
    population = sum(counts.values())
    reading = (
        f"Of {population:,} people, {ill + healthy:,} test positive: "
        f"{ill:,} of them are ill and {healthy:,} healthy."
    )
    body = {
        "data": {"values": rows},
        "mark": {"type": "bar", "tooltip": True},
        "width": 420,
        "height": 180,
        "encoding": {
            "y": {"field": "result", "type": "nominal", "title": "test result", "sort": RESULTS},
            "x": {"field": "people", "type": "quantitative", "title": "people", "stack": True},
            "color": {
                "field": "health",
                "type": "nominal",
                "title": "state of health",
                "scale": {"domain": ["ill", "healthy"], "range": [PRIOR, POSTERIOR]},
            },
            "order": {"field": "health", "sort": "descending"},
        },
    }
    return chart(PEOPLE, f"Stacked bars. {reading}", body, subtitle=reading)


@job_kind(
    name="diagnostic-test",
    title="Diagnostic test",
    summary="How likely an illness is after one or several results of a test that errs.",
    version=1,
    params=DiagnosticTestParams,
    result=DiagnosticTestResult,
    example_params={"prevalence": 0.01, "sensitivity": 0.9, "specificity": 0.91},
    charts=(Chart("people", PEOPLE, _people),),
    time_seconds=5,
    memory_mb=512,
    expected=lambda params: 0.01,
)
def run(params: DiagnosticTestParams, progress: Progress) -> dict[str, Any]:
    healthy_after_negative = None
    if (ill_after_negative := params.posterior_after(["negative"])) is not None:
        healthy_after_negative = 1 - ill_after_negative
    prior_odds = diagnostic.odds(params.prevalence)
    ratio = params.likelihood_ratio(params.results)
    counts = diagnostic.natural_frequencies(
        params.prevalence, params.sensitivity, params.specificity, params.population
    )
    posteriors = [
        params.posterior_after(params.results[:used]) for used in range(len(params.results) + 1)
    ]
    return {
        "posterior": posteriors[-1],
        "ppv": params.posterior_after(["positive"]),
        "npv": healthy_after_negative,
        "natural_frequencies": counts._asdict(),
        "odds": {
            "prior": prior_odds,
            "likelihood_ratio": ratio,
            "posterior": _product(prior_odds, ratio),
        },
        "steps": [
            {
                "result": result,
                "likelihood_ratio": params.likelihood_ratio([result]),
                "prior": posteriors[index],
                "posterior": posteriors[index + 1],
            }
            for index, result in enumerate(params.results)
        ],
    }


def _product(odds: float | None, ratio: float | None) -> float | None:
    """None where a factor, or the product, is infinite."""
    if odds is None or ratio is None or math.isinf(odds * ratio):
        return None
    return odds * ratio
