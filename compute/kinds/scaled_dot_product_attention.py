"""The kind `scaled-dot-product-attention`, and what every attention kind shares with it."""

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from compute.charts import empty_chart, heat_maps
from compute.kernels.attention import Array, Mask, Report, attention
from compute.params import AttentionMask, Finding, NumberMatrix, Params, Result, refuse
from compute.registry import Chart, Progress, job_kind, keeping_seconds

TIME_SECONDS = 30
MEMORY_MB = 1024

# An answer of more numbers (some 20 MB of JSON) serves nobody. Inputs and weights of 512 × 512
# stay below it.
MOST_NUMBERS = 2**20
BYTES_PER_NUMBER = 20
# Any job costs its way through queue and database; a number of the answer its writing.
SECONDS_PER_JOB = 0.01
SECONDS_PER_NUMBER = 2e-7
# Cautious figures for one core: a score takes this long, and so many products fit a second.
SECONDS_PER_SCORE = 6e-9
FLOPS_PER_SECOND = 1e10

# Sums and products stay below the largest float as long as scores and outputs stay below these.
LARGEST = {"float64": 1e300, "float32": 1e34}

# Arrays of up to this many rows and columns are shown with their numbers.
SHOWN = 8


class Generate(Params):
    """Inputs drawn from a standard normal distribution, in place of arrays."""

    n: int = Field(ge=1, le=4096, description="How many queries (rows).")
    m: int | None = Field(
        None, ge=1, le=4096, description="How many keys and values; null for as many as queries."
    )
    d: int = Field(ge=1, le=512, description="The width of each row.")
    seed: int = Field(0, ge=0, le=2**32 - 1, description="The same seed gives the same numbers.")

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Of query, key and value."""
        m = self.n if self.m is None else self.m
        return [(self.n, self.d), (m, self.d), (m, self.d)]

    def draw(self) -> list[Array]:
        """Query, key and value, in this order."""
        rng = np.random.default_rng(self.seed)
        return [rng.standard_normal(shape) for shape in self.shapes]


class AttentionParams(Params):
    """What both attention kinds take."""

    query: NumberMatrix | None = Field(None, description="Queries, shape (n, d).")
    key: NumberMatrix | None = Field(None, description="Keys, shape (m, d).")
    value: NumberMatrix | None = Field(None, description="Values, shape (m, e).")
    generate: Generate | None = Field(None, description="Random inputs in place of arrays.")
    mask: AttentionMask | None = Field(
        None,
        description='null: every query attends to every key; "causal": query i to keys 0 to i; '
        "or booleans (n, m), true where a query may attend.",
    )
    scale: float | None = Field(
        None, description="What scores are multiplied by; null for 1/√(width of a head)."
    )
    dtype: Literal["float64", "float32"] = Field(
        "float64", description="The precision of the computation."
    )
    return_weights: bool = Field(True, description="Also answer the attention weights.")

    @property
    def causal(self) -> bool:
        return isinstance(self.mask, str)

    @property
    def mask_array(self) -> Mask | None:
        return None if isinstance(self.mask, str) else self.mask

    def source_findings(self) -> list[Finding]:
        """What is wrong with where the inputs come from: arrays or `generate`, never both."""
        given = [name for name in ("query", "key", "value") if getattr(self, name) is not None]
        if self.generate is not None and given:
            detail = "Give either query, key and value, or generate, not both."
            return [(("generate",), "conflict", detail)]
        if self.generate is not None:
            return []
        return [
            ((name,), "missing", f"{name} is required, unless inputs are generated.")
            for name in ("query", "key", "value")
            if name not in given
        ]

    def input_shapes(self) -> list[tuple[int, int]]:
        """Of query, key and value, once it is known that there are some."""
        if self.generate is not None:
            return self.generate.shapes
        return [array.shape for array in self.arrays()]

    def inputs(self) -> list[Array]:
        """Query, key and value in the precision asked for."""
        arrays = self.generate.draw() if self.generate else self.arrays()
        return [np.asarray(array, self.dtype) for array in arrays]

    def arrays(self) -> list[Array]:
        """Query, key and value as they were given."""
        return [array for array in (self.query, self.key, self.value) if array is not None]

    def input_sizes(self) -> list[float]:
        """The largest entry of query, key and value, or a bound on it."""
        if self.generate is not None:
            return [10.0, 10.0, 10.0]
        return [largest(array) for array in self.arrays()]

    def mask_findings(self, *allowed: tuple[int, ...]) -> list[Finding]:
        mask = self.mask_array
        if mask is None or mask.shape in allowed:
            return []
        shapes = " or ".join(_times(shape) for shape in allowed)
        return [(("mask",), "shape", f"The mask is {_times(mask.shape)}; it should be {shapes}.")]

    @property
    def heads(self) -> int:
        return 1

    def answered_numbers(self) -> int:
        """How many numbers weights and output have; known once the shapes fit."""
        (n, _), (m, _), (_, width) = self.input_shapes()
        return (n * m if self.return_weights else 0) + n * width

    def compute_seconds(self) -> float:
        """How long the attention itself takes at most."""
        (n, width), (m, _), (_, value_width) = self.input_shapes()
        head_width = max(width, value_width) // self.heads or 1
        scores = self.heads * n * m
        return scores * (SECONDS_PER_SCORE + 4 * head_width / FLOPS_PER_SECOND)

    def expected_seconds(self) -> float:
        """How long all of it takes at most, with the keeping of the answer."""
        numbers = self.answered_numbers()
        writing = numbers * SECONDS_PER_NUMBER + keeping_seconds(numbers * BYTES_PER_NUMBER)
        return SECONDS_PER_JOB + self.compute_seconds() + writing

    def size_findings(self, score: float, output: float) -> list[Finding]:
        """What is too large: numbers for the precision, the answer, or the time that it takes.

        `score` and `output` are the decimal logarithms of bounds on the largest score and output.
        """
        findings: list[Finding] = []
        limit = LARGEST[self.dtype]
        enlarged = self.scale is not None and abs(self.scale) > 1
        factor = "scale" if enlarged else "query"
        for name, what, size in ((factor, "scores", score), ("value", "outputs", output)):
            if size > math.log10(limit):
                detail = (
                    f"The {what} could reach 1e{size:.0f}; they should stay below {limit:.0e} "
                    f"in {self.dtype}. Use smaller numbers."
                )
                findings.append(((name,), "too_large", detail))

        numbers = self.answered_numbers()
        if numbers > MOST_NUMBERS:
            cure = "Ask for return_weights false, or use" if self.return_weights else "Use"
            detail = (
                f"The answer would hold {numbers:,} numbers; at most {MOST_NUMBERS:,} are "
                f"allowed. {cure} fewer positions."
            )
            findings.append((("return_weights",), "too_large", detail))
        seconds = self.compute_seconds()
        if seconds > TIME_SECONDS:
            detail = (
                f"This would take some {seconds:.0f} seconds; at most {TIME_SECONDS} are "
                "allowed. Use fewer heads or positions."
            )
            findings.append((("generate",), "too_slow", detail))
        return findings


class ScaledDotProductAttentionParams(AttentionParams):
    @model_validator(mode="after")
    def _fit(self) -> Self:
        refuse(self.source_findings())
        query, key, value = self.input_shapes()
        findings = shape_findings(query, key, value)
        findings += self.mask_findings((query[0], key[0]))
        sizes = [math.log10(size) for size in self.input_sizes()]
        factor = math.log10(max(abs(self.scale), 1)) if self.scale is not None else 0.0
        score = sizes[0] + sizes[1] + math.log10(query[1]) + factor
        output = sizes[2] + math.log10(key[0])
        findings += self.size_findings(score, output)
        refuse(findings)
        return self


class TraceStep(Result):
    step: str = Field(description="A short name of the step.")
    symbol: str = Field(description="What a formula calls the array.")
    shape: list[int]
    text: str = Field(description="What happens in this step.")
    values: list[Any] | None = Field(
        description="The array as nested lists where each matrix in it is at most 8 × 8, else "
        "null; null in it where a query may not attend."
    )


class ScaledDotProductAttentionResult(Result):
    output: list[list[float]] = Field(description="Shape (n, e).")
    weights: list[list[float]] | None = Field(
        description="Shape (n, m), each row summing to 1, or to 0 where a query may attend to "
        "nothing; null if not asked for."
    )
    trace: list[TraceStep]


def largest(array: Any) -> float:
    """The largest entry in size, and at least 1."""
    return max(float(np.abs(array).max()), 1.0)


def shape_findings(
    query: tuple[int, int], key: tuple[int, int], value: tuple[int, int]
) -> list[Finding]:
    """Why queries, keys and values of these shapes do not belong together."""
    findings: list[Finding] = []
    if key[1] != query[1]:
        detail = f"Keys are {key[1]} wide, queries {query[1]}; they should be equally wide."
        findings.append((("key",), "shape", detail))
    if value[0] != key[0]:
        detail = f"There are {value[0]} values and {key[0]} keys; there should be one for each."
        findings.append((("value",), "shape", detail))
    return findings


def trace_step(
    step: str,
    symbol: str,
    shape: Sequence[int],
    text: str,
    array: Callable[[], Array],
    matrix_axes: tuple[int, int] = (-2, -1),
) -> dict[str, Any]:
    """One entry of a trace; the array is only made if its matrices are small enough to show."""
    rows, columns = (shape[axis] for axis in matrix_axes)
    values = None
    if max(rows, columns) <= SHOWN:
        numbers = array().astype(np.float64).astype(object)
        numbers[numbers == -np.inf] = None
        values = numbers.tolist()
    return {"step": step, "symbol": symbol, "shape": list(shape), "text": text, "values": values}


def score_steps(
    query: Array, key: Array, params: AttentionParams, weights: Array | None
) -> list[dict[str, Any]]:
    """The steps from queries and keys, (..., n, d) and (..., m, d), to weights (..., n, m).

    The weights must be given where they are small enough to be shown.
    """
    *heads, n, width = query.shape
    m = key.shape[-2]
    shape = [*heads, n, m]
    scale = 1 / math.sqrt(width) if params.scale is None else params.scale
    reason = f"1/√{width}" if params.scale is None else "the scale asked for"

    def scores() -> Array:
        return query @ key.swapaxes(-1, -2)

    def scaled() -> Array:
        return scores() * query.dtype.type(scale)

    def masked() -> Array:
        allowed = np.tri(n, m, dtype=bool) if params.causal else params.mask_array
        return np.where(allowed, scaled(), -np.inf)  # type: ignore[arg-type]

    steps = [
        trace_step("scores", "Q Kᵀ", shape, "Each query's inner product with each key.", scores),
        trace_step("scaled", "S", shape, f"The scores times {scale:.6g}, {reason}.", scaled),
    ]
    if params.mask is not None:
        text = "Scores of keys that a query may not attend to are set to −∞ (shown as null)."
        steps.append(trace_step("masked", "S + M", shape, text, masked))
    text = "The softmax of each row: positive weights that sum to 1."
    steps.append(trace_step("weights", "A", shape, text, lambda: np.asarray(weights)))
    return steps


def reporter(progress: Progress) -> Report:
    """Turn the kernel's fractions into progress, at most a hundred times."""
    told = 0.0

    def report(fraction: float) -> None:
        nonlocal told
        if fraction - told >= 0.01:
            told = fraction
            progress(fraction, f"{fraction:.0%} of the queries have attended.")

    return report


def weights_chart(params: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """A heat map a head: queries down, keys across."""
    weights = result["weights"]
    if weights is None:
        return empty_chart("Attention weights", "The weights were not asked for.")
    heads = np.array(weights)
    return heat_maps(
        heads[None] if heads.ndim == 2 else heads,
        title="Attention weights",
        value="weight",
        rows="query",
        columns="key",
        panels="head",
        labels=result.get("tokens"),
    )


@job_kind(
    name="scaled-dot-product-attention",
    title="Scaled dot-product attention",
    summary="Averages of values, weighted by how well their keys match each query.",
    version=1,
    params=ScaledDotProductAttentionParams,
    result=ScaledDotProductAttentionResult,
    example_params={
        "query": [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]],
        "key": [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]],
        "value": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]],
        "mask": "causal",
    },
    charts=(Chart("weights", "Attention weights", weights_chart),),
    time_seconds=TIME_SECONDS,
    memory_mb=MEMORY_MB,
    expected=ScaledDotProductAttentionParams.expected_seconds,
)
def run(params: ScaledDotProductAttentionParams, progress: Progress) -> dict[str, Any]:
    query, key, value = params.inputs()
    (n, d), (m, e) = query.shape, value.shape
    output, weights = attention(
        query,
        key,
        value,
        mask=params.mask_array,
        causal=params.causal,
        scale=params.scale,
        return_weights=params.return_weights or max(n, m) <= SHOWN,
        report=reporter(progress),
    )
    trace = [
        trace_step("query", "Q", (n, d), "One query a row.", lambda: query),
        trace_step("key", "K", (m, d), "One key a row.", lambda: key),
        trace_step("value", "V", (m, e), "One value for each key.", lambda: value),
        *score_steps(query, key, params, weights),
        trace_step(
            "output",
            "A V",
            (n, e),
            "The values, averaged with each row of weights.",
            lambda: output,
        ),
    ]
    return {
        "output": output.tolist(),
        "weights": weights.tolist() if weights is not None and params.return_weights else None,
        "trace": trace,
    }


def _times(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))
