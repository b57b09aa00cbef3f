"""The kind `sample-size`: how many users a comparison of two proportions needs.

The two-sided z test, pooled under the null hypothesis and unpooled under the alternative; see
`compute/kernels/sample_size.py`.
"""

from typing import Any

from pydantic import Field, model_validator

from compute.charts import POSTERIOR, PRIOR, chart
from compute.kernels.sample_size import MOST, USUAL_POWER, Comparison
from compute.params import Params, Result, refuse
from compute.registry import Chart, Progress, job_kind

MOST_GIVEN = 10**12
POWER_BY_SIZE = "Power by sample size"


class SampleSizeParams(Params):
    baseline: float = Field(
        gt=0, lt=1, description="The share of the control group that succeeds, say converts."
    )
    difference: float = Field(
        gt=-1,
        lt=1,
        description="The share of the treatment group less that of the control: absolute, in the "
        "units of a share (0.01 is one percentage point), of either sign, not 0.",
    )
    power: float | None = Field(
        USUAL_POWER,
        gt=0,
        lt=1,
        description="How likely the difference should be found, if there is one; gives the size "
        "of the groups. Null where per_group is given.",
    )
    per_group: int | None = Field(
        None,
        ge=2,
        le=MOST_GIVEN,
        description="How many are in each group; gives the power. In place of power.",
    )
    significance: float = Field(
        0.05,
        gt=0,
        lt=1,
        description="α: how often the test, which is two-sided, may find a difference where "
        "there is none.",
    )

    @model_validator(mode="before")
    @classmethod
    def _asks_for_power_or_size(cls, data: object) -> object:
        # One of both is always null, so that parameters written out in full are the same again.
        if not isinstance(data, dict) or data.get("power") is not None:
            return data
        wanted = USUAL_POWER if data.get("per_group") is None else None
        return data | {"power": wanted}

    @model_validator(mode="after")
    def _can_be_answered(self) -> "SampleSizeParams":
        if self.power is not None and self.per_group is not None:
            refuse([(("per_group",), "conflict", "Give either power or per_group, not both.")])
        if self.difference == 0:
            detail = "This should not be 0: no number of users shows that there is no difference."
            refuse([(("difference",), "zero", detail)])
        treatment = self.comparison.treatment
        if not 0 < treatment < 1:
            detail = (
                "baseline + difference should lie between 0 and 1, both excluded; it is "
                f"{treatment:.12g}."
            )
            refuse([(("difference",), "out_of_range", detail)])
        if self.power is not None and self.comparison.smallest(self.power) is None:
            detail = (
                f"This difference would need more than {MOST:.1e} in each group. A larger one, "
                "less power or a larger significance takes fewer."
            )
            refuse([(("difference",), "too_small", detail)])
        return self

    @property
    def comparison(self) -> Comparison:
        return Comparison(self.baseline, self.difference, self.significance)


class Curve(Result):
    per_group: list[int] = Field(description="Strictly rising.")
    power: list[float]


class StandardError(Result):
    null: float = Field(description="If both groups had their mean share (pooled): the test's.")
    alternative: float = Field(description="If the shares differ as stated (unpooled).")


class Expected(Result):
    control: float
    treatment: float


class SampleSizeResult(Result):
    per_group: int = Field(
        description="How many in each group: as given, or the fewest, from 2 on, that have the "
        "power asked for."
    )
    power: float = Field(
        description="The probability that the two-sided z test of two proportions is significant "
        "with so many, in either direction, in the normal approximation: pooled variance under "
        "the null hypothesis, unpooled under the alternative, no correction for continuity."
    )
    critical_value: float = Field(
        description="The test is significant where the observed difference is more than so many "
        "standard errors (standard_error.null) away from 0."
    )
    standard_error: StandardError = Field(
        description="Of the observed difference, with so many in each group."
    )
    expected: Expected = Field(
        description="The expected number of successes in each group; where it or that of the "
        "failures is below some 5, the normal approximation is poor."
    )
    curve: Curve = Field(
        description="The power of about 100 sizes around per_group, evenly spread by logarithm."
    )


def _power_chart(params: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    asked = SampleSizeParams.model_validate(params)
    per_group, power, curve = result["per_group"], result["power"], result["curve"]
    found = f"significant with probability {power:.4g}"
    if asked.power is not None:
        chosen = "power asked for"
        line = [(curve["per_group"][0], asked.power), (curve["per_group"][-1], asked.power)]
        reading = f"It takes {per_group:,} in each group: {_change(asked)} is then {found}."
    else:
        chosen = "size of the groups"
        line = [(per_group, 0), (per_group, 1)]
        reading = f"With {per_group:,} in each group, {_change(asked)} is {found}."
    curves = {
        chosen: line,
        "power": zip(curve["per_group"], curve["power"], strict=True),
        "answer": [(per_group, power)],
    }
    values = [
        {"per_group": size, "power": height, "curve": name}
        for name, points in curves.items()
        for size, height in points
    ]
    names = [chosen, "power"]
    drawn = {"filter": {"field": "curve", "oneOf": names}}
    marked = {"filter": {"field": "curve", "equal": "answer"}}
    body = {
        "data": {"values": values},
        "width": 480,
        "height": 240,
        "encoding": {
            "x": {
                "field": "per_group",
                "type": "quantitative",
                "title": "number in each group (logarithmic)",
                "scale": {"type": "log", "nice": False},
                # k and M are read by everybody, P and E by few.
                "axis": {"format": "~s" if per_group < 1e9 else "~e", "labelOverlap": True},
            },
            "y": {
                "field": "power",
                "type": "quantitative",
                "title": "power",
                "scale": {"domain": [0, 1]},
            },
        },
        "layer": [
            {
                "transform": [drawn],
                "mark": {"type": "line", "strokeWidth": 2},
                "encoding": {
                    "color": {
                        "field": "curve",
                        "type": "nominal",
                        "title": None,
                        "scale": {"domain": names, "range": [PRIOR, POSTERIOR]},
                    },
                    "strokeDash": {
                        "field": "curve",
                        "type": "nominal",
                        "title": None,
                        "scale": {"domain": names, "range": [[5, 3], [1, 0]]},
                    },
                },
            },
            {
                "transform": [marked],
                "mark": {
                    "type": "point",
                    "filled": True,
                    "size": 90,
                    "color": POSTERIOR,
                    "opacity": 1,
                    "tooltip": True,
                },
            },
        ],
    }
    (first, *_, last), (lowest, *_, highest) = curve["per_group"], curve["power"]
    description = (
        f"A curve of the power over the number in each group: about {lowest:.2g} at {first:,}, "
        f"about {highest:.2g} at {last:,}. A dashed line marks the {chosen}. {reading}"
    )
    return chart(POWER_BY_SIZE, description, body, subtitle=reading)


def _change(asked: SampleSizeParams) -> str:
    return f"a change from {asked.baseline:.6g} by {asked.difference:+.6g}"


@job_kind(
    name="sample-size",
    title="Sample size",
    summary="How many users a comparison of two proportions needs, or how much so many can show.",
    version=1,
    params=SampleSizeParams,
    result=SampleSizeResult,
    example_params={"baseline": 0.1, "difference": 0.01, "power": 0.8, "significance": 0.05},
    charts=(Chart("power", POWER_BY_SIZE, _power_chart),),
    time_seconds=5,
    memory_mb=512,
    expected=lambda params: 0.01,
)
def run(params: SampleSizeParams, progress: Progress) -> dict[str, Any]:
    comparison = params.comparison
    per_group = params.per_group
    if params.power is not None:
        per_group = comparison.smallest(params.power)
    assert per_group is not None  # the parameters were checked
    sizes, powers = comparison.curve(per_group)
    root = per_group**0.5
    return {
        "per_group": per_group,
        "power": float(comparison.power(per_group)),
        "critical_value": comparison.critical_value,
        "standard_error": {
            "null": comparison.sd_null / root,
            "alternative": comparison.sd_alternative / root,
        },
        "expected": {
            "control": per_group * comparison.baseline,
            "treatment": per_group * comparison.treatment,
        },
        "curve": {"per_group": sizes, "power": powers},
    }
