"""The kind `multi-head-attention`: arrays, random arrays or a text, seen by several heads."""

import math
import re
import zlib
from typing import Any, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from compute.kernels.attention import Array, scratch_bytes
from compute.kernels.multi_head import MultiHead, merge_heads, multi_head_attention
from compute.kinds.scaled_dot_product_attention import (
    MEMORY_MB,
    SHOWN,
    TIME_SECONDS,
    AttentionParams,
    TraceStep,
    largest,
    reporter,
    score_steps,
    shape_findings,
    trace_step,
    weights_chart,
)
from compute.params import Finding, NumberMatrix, Result, refuse
from compute.registry import Chart, Progress, job_kind

PROJECTIONS = ("w_q", "w_k", "w_v", "w_o")

MOST_TOKENS = 256
DEFAULT_WIDTH = 64
# A word with the letters and digits in it, or one other visible character.
TOKEN = re.compile(r"\w+|[^\w\s]")


class MultiHeadAttentionParams(AttentionParams):
    num_heads: int = Field(ge=1, le=512, description="How many heads; a divisor of the width d.")
    w_q: NumberMatrix | None = Field(
        None, description="Projection of queries, (d, d), used as x @ w; null for the identity."
    )
    w_k: NumberMatrix | None = Field(None, description="Projection of keys, (d, d).")
    w_v: NumberMatrix | None = Field(None, description="Projection of values, (d, d).")
    w_o: NumberMatrix | None = Field(None, description="Projection of the output, (d, d).")
    text: str | None = Field(
        None,
        min_length=1,
        max_length=4000,
        description="A text in place of arrays, whose tokens attend to each other; embeddings and "
        "the projections not given are random.",
    )
    d_model: int | None = Field(
        None, ge=1, le=512, description="With a text: the width of an embedding; null for 64."
    )
    seed: int | None = Field(
        None, ge=0, le=2**32 - 1, description="With a text: the same seed gives the same numbers."
    )

    @field_validator("text")
    @classmethod
    def _has_tokens(cls, text: str | None) -> str | None:
        if text is not None:
            count = len(tokenise(text))
            if "\0" in text:
                refuse([((), "control_character", "The text should not contain a NUL character.")])
            if not count:
                refuse([((), "too_short", "The text should contain at least one word.")])
            if count > MOST_TOKENS:
                detail = f"The text has {count} tokens; at most {MOST_TOKENS} are allowed."
                refuse([((), "too_long", detail)])
        return text

    @property
    def width(self) -> int:
        """The width of an embedding of a text."""
        return DEFAULT_WIDTH if self.d_model is None else self.d_model

    def source_findings(self) -> list[Finding]:
        if self.text is None:
            return super().source_findings()
        if self.generate is not None or self.arrays():
            return [(("text",), "conflict", "Give either a text or arrays, not both.")]
        return []

    @property
    def heads(self) -> int:
        return self.num_heads

    def answered_numbers(self) -> int:
        (n, _), (m, _), (_, width) = self.input_shapes()
        # The heads' own outputs are answered beside the merged one.
        return (self.heads * n * m if self.return_weights else 0) + 2 * n * width

    def input_shapes(self) -> list[tuple[int, int]]:
        if self.text is None:
            return super().input_shapes()
        return [(len(tokenise(self.text)), self.width)] * 3

    def input_sizes(self) -> list[float]:
        return super().input_sizes() if self.text is None else [10.0, 10.0, 10.0]

    def inputs(self) -> list[Array]:
        if self.text is None:
            return super().inputs()
        tokens = embed(tokenise(self.text), self.width, self.seed or 0)
        return [np.asarray(tokens, self.dtype)] * 3

    def projections(self) -> dict[str, Array | None]:
        """w_q, w_k, w_v and w_o; None for the identity."""
        given: dict[str, Array | None] = {name: getattr(self, name) for name in PROJECTIONS}
        if self.text is not None:
            rng = np.random.default_rng(self.seed or 0)
            for name in PROJECTIONS:
                drawn = rng.standard_normal((self.width, self.width)) / math.sqrt(self.width)
                given[name] = drawn if given[name] is None else given[name]
        return {name: None if w is None else np.asarray(w, self.dtype) for name, w in given.items()}

    @model_validator(mode="after")
    def _fit(self) -> Self:
        refuse(self.source_findings())
        query, key, value = self.input_shapes()
        d = query[1]
        findings = shape_findings(query, key, value)
        if value[1] != d:
            detail = f"Values are {value[1]} wide, queries {d}; they should be equally wide."
            findings.append((("value",), "shape", detail))
        if d % self.num_heads:
            detail = f"The width {d} should be divisible by num_heads, and {self.num_heads} is not."
            findings.append((("num_heads",), "indivisible", detail))
        for name in ("d_model", "seed"):
            if self.text is None and getattr(self, name) is not None:
                detail = f"{name} belongs to a text, and there is none; leave it out."
                findings.append(((name,), "conflict", detail))
        for name in PROJECTIONS:
            w = getattr(self, name)
            if w is not None and w.shape != (d, d):
                shape = " × ".join(map(str, w.shape))
                detail = f"{name} is {shape}; it should be {d} × {d}, as wide as the queries."
                findings.append(((name,), "shape", detail))
        scores = (query[0], key[0])
        findings += self.mask_findings(scores, (self.num_heads, *scores))
        findings += self.size_findings(self._score_size(d), self._output_size(d))
        refuse(findings)
        return self

    def _score_size(self, d: int) -> float:
        query, key, _ = self.input_sizes()
        factor = 1.0 if self.scale is None else max(abs(self.scale), 1)
        sizes = [query, self._growth("w_q", d), key, self._growth("w_k", d), d, factor]
        return sum(map(math.log10, sizes))

    def _output_size(self, d: int) -> float:
        _, _, value = self.input_sizes()
        keys = self.input_shapes()[1][0]
        sizes = [value, self._growth("w_v", d), keys, self._growth("w_o", d)]
        return sum(map(math.log10, sizes))

    def _growth(self, name: str, d: int) -> float:
        """By how much a projection can enlarge an entry at most."""
        w = getattr(self, name)
        return 1.0 if w is None else largest(w) * d


class MultiHeadAttentionResult(Result):
    output: list[list[float]] = Field(description="Shape (n, d).")
    weights: list[list[list[float]]] | None = Field(
        description="Shape (heads, n, m), each row summing to 1, or to 0 where a query may attend "
        "to nothing; null if not asked for."
    )
    heads: list[list[list[float]]] = Field(description="Shape (heads, n, d/heads).")
    trace: list[TraceStep]
    memory_bytes: int = Field(
        description="Scratch memory of the attention itself, beside inputs and output: the larger "
        "figure below if the weights were asked for, else the smaller."
    )
    memory_bytes_full: int = Field(description="The same with all weights held at once.")
    memory_bytes_tiled: int = Field(description="The same a tile of queries at a time.")
    tokens: list[str] | None = Field(description="The tokens of the text, null without one.")
    notes: list[str] = Field(description="What a reader should know of the numbers.")


def tokenise(text: str) -> list[str]:
    """Words, and single other visible characters, in their order."""
    return TOKEN.findall(text)


def embed(tokens: list[str], width: int, seed: int) -> Array:
    """One row of (tokens, width) a token: a random vector of the word, plus its position.

    The same word has the same vector wherever it stands, whatever its case. Positions are the
    sines and cosines of Vaswani et al., 2017, section 3.5.
    """
    words = np.array(
        [
            np.random.default_rng([seed, zlib.crc32(token.casefold().encode())]).standard_normal(
                width
            )
            for token in tokens
        ]
    )
    column = np.arange(width)
    angles = np.arange(len(tokens))[:, None] / 10000 ** (2 * (column // 2) / width)
    return words + np.where(column % 2, np.cos(angles), np.sin(angles))


@job_kind(
    name="multi-head-attention",
    title="Multi-head attention",
    summary="Several heads, each attending on its own columns of the projected inputs.",
    version=1,
    params=MultiHeadAttentionParams,
    result=MultiHeadAttentionResult,
    example_params={
        "query": [[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0]],
        "key": [[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0]],
        "value": [[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]],
        "num_heads": 2,
    },
    charts=(Chart("weights", "Attention weights", weights_chart),),
    time_seconds=TIME_SECONDS,
    memory_mb=MEMORY_MB,
    expected=MultiHeadAttentionParams.expected_seconds,
)
def run(params: MultiHeadAttentionParams, progress: Progress) -> dict[str, Any]:
    query, key, value = params.inputs()
    w = params.projections()
    (n, d), m = query.shape, len(key)
    answer = multi_head_attention(
        query,
        key,
        value,
        params.num_heads,
        w_q=w["w_q"],
        w_k=w["w_k"],
        w_v=w["w_v"],
        w_o=w["w_o"],
        mask=params.mask_array,
        causal=params.causal,
        scale=params.scale,
        return_weights=params.return_weights or max(n, m) <= SHOWN,
        report=reporter(progress),
    )
    weights = answer.weights if params.return_weights else None
    memory = {
        full: scratch_bytes(
            params.num_heads, n, m, d // params.num_heads, answer.output.itemsize, full=full
        )
        for full in (True, False)
    }
    notes = []
    if params.text is not None:
        notes.append(
            f"The embeddings and every projection not given are random, drawn from seed "
            f"{params.seed or 0}, and untrained: the weights show how attention computes, "
            "not what a language model has learned."
        )
    return {
        "output": answer.output.tolist(),
        "weights": None if weights is None else weights.tolist(),
        "heads": answer.heads.tolist(),
        "trace": _trace(params, [query, key, value], answer),
        "memory_bytes": memory[params.return_weights],
        "memory_bytes_full": memory[True],
        "memory_bytes_tiled": memory[False],
        "tokens": None if params.text is None else tokenise(params.text),
        "notes": notes,
    }


def _trace(
    params: MultiHeadAttentionParams, inputs: list[Array], answer: MultiHead
) -> list[dict[str, Any]]:
    """From (n, d) by (n, h, d/h) to (h, n, d/h), through the scores, and all the way back."""
    query, key, value = inputs
    projected = params.text is not None
    h, n, width = answer.heads.shape
    merge = "The heads of each position are put beside each other again."
    return [
        *_split_steps("query", "Q", query, answer.query, projected or params.w_q is not None),
        *_split_steps("key", "K", key, answer.key, projected or params.w_k is not None),
        *_split_steps("value", "V", value, answer.value, projected or params.w_v is not None),
        *score_steps(answer.query, answer.key, params, answer.weights),
        trace_step(
            "heads",
            "A V",
            (h, n, width),
            "In each head, the values averaged with each row of its weights.",
            lambda: answer.heads,
        ),
        trace_step(
            "swap back",
            "A V",
            (n, h, width),
            "Positions first again, heads second.",
            lambda: answer.heads.swapaxes(0, 1),
            matrix_axes=(0, 2),
        ),
        trace_step("merge", "H", (n, h * width), merge, lambda: merge_heads(answer.heads)),
        trace_step(
            "output",
            "H W_O" if projected or params.w_o is not None else "H",
            (n, h * width),
            "The merged heads, projected once more if there is a w_o.",
            lambda: answer.output,
        ),
    ]


def _split_steps(
    name: str, symbol: str, x: Array, by_head: Array, is_projected: bool
) -> list[dict[str, Any]]:
    """The way of one input from (n, d) to (h, n, d/h)."""
    h, n, width = by_head.shape
    steps = [trace_step(name, f"X_{symbol}", x.shape, f"The {name} input.", lambda: x)]
    if is_projected:
        steps.append(
            trace_step(
                f"project {name}",
                f"{symbol} = X_{symbol} W_{symbol}",
                x.shape,
                f"Each row times the matrix w_{symbol.lower()}.",
                lambda: merge_heads(by_head),
            )
        )
    return [
        *steps,
        trace_step(
            f"split {name}",
            symbol,
            (n, h, width),
            f"Each row is cut into {h} pieces of {width} columns, one a head.",
            lambda: by_head.swapaxes(0, 1),
            matrix_axes=(0, 2),
        ),
        trace_step(
            f"{name} by head",
            symbol,
            (h, n, width),
            "Heads first, so that each head has a matrix of its own.",
            lambda: by_head,
        ),
    ]
