"""What the parameters and results of job kinds are made of.

`Params` and `Result` are the strict bases of every such model. Arrays are checked here as a
whole, with the place of every fault: pydantic would look at each of 262,144 numbers on its own,
where one look at a row is enough as long as nothing is wrong with it.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Path = tuple[str | int, ...]

# Where a fault is (relative to the value that is validated), its code, and its sentence.
Finding = tuple[Path, str, str]

# The pydantic error type under which a validator of ours reports several faults at once.
PROBLEMS = "problems"

MOST_ROWS = 512
LARGEST_ENTRY = 1e100
# Of one array; more would tell the reader nothing new.
MOST_FINDINGS = 10

NUMBER = frozenset({int, float})
BOOLEAN = frozenset({bool})


JSON_NAMES: dict[type, str] = {
    str: "a string",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
    list: "a list",
    dict: "an object",
}


class Params(BaseModel):
    """A parameter model: nothing unknown, nothing converted, nothing infinite."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        arbitrary_types_allowed=True,
    )


class Result(BaseModel):
    """A result model: it gives the schema, and tests hold every result against it."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


def refuse(findings: Sequence[Finding]) -> None:
    """Inside a pydantic validator: refuse the value if anything was found."""
    if findings:
        raise PydanticCustomError(PROBLEMS, "not allowed", {"problems": list(findings)})


def parse_matrix(value: object) -> Floats:
    """A list of equally long lists of finite numbers, at most 512 × 512, as an array (n, d)."""
    findings = _row_findings(value, NUMBER, ())
    refuse(findings)
    rows: Any = value
    matrix = _to_floats(rows)
    if matrix is None or not (np.abs(matrix) <= LARGEST_ENTRY).all():
        refuse(_size_findings(((i, j), x) for i, row in enumerate(rows) for j, x in enumerate(row)))
    return np.array(matrix)


def parse_mask(value: object) -> Bools | Literal["causal"]:
    """ "causal", or booleans of shape (n, m) or (h, n, m), each side at most 512."""
    if value == "causal":
        return "causal"
    if not isinstance(value, list):
        detail = f'This should be null, "causal" or rows of booleans, not {json_name(value)}.'
        refuse([((), "type", detail)])
    layers: Any = value
    nested = bool(layers) and isinstance(layers[0], list) and bool(layers[0])
    if not (nested and isinstance(layers[0][0], list)):
        refuse(_row_findings(layers, BOOLEAN, ()))
        return np.array(layers, np.bool_)
    findings = _length_findings(layers, (), "layers")
    for index, layer in enumerate(layers[:MOST_ROWS]):
        findings += _row_findings(layer, BOOLEAN, (index,))
    refuse(findings[:MOST_FINDINGS])
    for index, layer in enumerate(layers):
        if _shape(layer) != _shape(layers[0]):
            detail = f"Layer {index} is {_shape(layer)}, layer 0 is {_shape(layers[0])}."
            findings.append(((index,), "ragged", detail))
    refuse(findings[:MOST_FINDINGS])
    return np.array(layers, np.bool_)


def parse_vector(value: object, *, most: int, largest: float) -> Floats:
    """A list of up to `most` numbers, each at most `largest` in size, as an array (n,)."""
    if not isinstance(value, list):
        refuse([((), "type", f"This should be a list of numbers, not {json_name(value)}.")])
    items: Any = value
    if len(items) > most:
        refuse([((), "too_long", f"There are {len(items)} numbers; at most {most} are allowed.")])
    refuse(_type_findings(items, NUMBER, ()))
    vector = _to_floats(items)
    if vector is None or not (np.abs(vector) <= largest).all():
        refuse(_size_findings((((i,), x) for i, x in enumerate(items)), largest))
    return np.array(vector)


def vector_schema(items: dict[str, Any], most: int) -> dict[str, Any]:
    """The JSON Schema of a list of up to `most` items."""
    return {"type": "array", "items": items, "maxItems": most}


def matrix_schema(items: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of up to 512 rows of up to 512 items each, at least one of both."""
    row = {"type": "array", "items": items, "minItems": 1, "maxItems": MOST_ROWS}
    return {"type": "array", "items": row, "minItems": 1, "maxItems": MOST_ROWS}


def json_name(value: object) -> str:
    """What a client would call this value."""
    return JSON_NAMES.get(type(value), "this")


def _row_findings(rows: object, types: frozenset[type], path: Path) -> list[Finding]:
    """What keeps `rows` from being a matrix of values of these types."""
    noun = "booleans" if types is BOOLEAN else "numbers"
    if not isinstance(rows, list):
        detail = f"This should be a list of rows of {noun}, not {json_name(rows)}."
        return [(path, "type", detail)]
    if findings := _length_findings(rows, path, "rows"):
        return findings
    width = len(rows[0]) if isinstance(rows[0], list) else None
    for index, row in enumerate(rows):
        here = (*path, index)
        if not isinstance(row, list):
            detail = f"Row {index} should be a list of {noun}, not {json_name(row)}."
            findings.append((here, "type", detail))
        elif index and width is not None and len(row) != width:
            plural = noun if len(row) != 1 else noun.removesuffix("s")
            detail = f"Row {index} has {len(row)} {plural}, row 0 has {width}."
            findings.append((here, "ragged", detail))
        else:
            findings += _length_findings(row, here, noun)
            findings += _type_findings(row, types, here)
        if len(findings) >= MOST_FINDINGS:
            break
    return findings[:MOST_FINDINGS]


def _length_findings(items: list[Any], path: Path, noun: str) -> list[Finding]:
    if not items:
        return [(path, "too_short", f"There are no {noun} here; there should be at least one.")]
    if len(items) > MOST_ROWS:
        detail = f"There are {len(items)} {noun} here; at most {MOST_ROWS} are allowed."
        return [(path, "too_long", detail)]
    return []


def _type_findings(items: list[Any], types: frozenset[type], path: Path) -> list[Finding]:
    if set(map(type, items)) <= types:
        return []
    wanted = "true or false" if types is BOOLEAN else "a number"
    faults = [
        ((*path, index), "type", f"This should be {wanted}, not {json_name(item)}.")
        for index, item in enumerate(items)
        if type(item) not in types
    ]
    return faults[:MOST_FINDINGS]


def _to_floats(values: list[Any]) -> Floats | None:
    """The values as an array; None if an integer is beyond the range of a float."""
    try:
        return np.array(values, np.float64)
    except OverflowError:
        return None


def _size_findings(
    entries: Iterable[tuple[Path, float]], largest: float = LARGEST_ENTRY
) -> list[Finding]:
    findings: list[Finding] = []
    for path, number in entries:
        if abs(number) <= largest:
            continue
        if isinstance(number, float) and not math.isfinite(number):
            detail = "This should be a finite number; NaN and infinities are not allowed."
            findings.append((path, "finite_number", detail))
        else:
            detail = f"This should be at most {largest:g} in size."
            findings.append((path, "too_large", detail))
        if len(findings) == MOST_FINDINGS:
            break
    return findings


def _shape(rows: list[list[Any]]) -> str:
    return f"{len(rows)} × {len(rows[0])}"


to_lists = PlainSerializer(lambda array: array.tolist(), when_used="json")

NumberMatrix = Annotated[
    Floats,
    PlainValidator(parse_matrix),
    to_lists,
    WithJsonSchema(
        matrix_schema({"type": "number", "minimum": -LARGEST_ENTRY, "maximum": LARGEST_ENTRY})
    ),
]

AttentionMask = Annotated[
    Bools | Literal["causal"],
    PlainValidator(parse_mask),
    PlainSerializer(
        lambda mask: mask if isinstance(mask, str) else mask.tolist(), when_used="json"
    ),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": "causal", "type": "string", "title": "Causal"},
                matrix_schema({"type": "boolean"}) | {"title": "Booleans (n, m)"},
                {
                    "type": "array",
                    "items": matrix_schema({"type": "boolean"}),
                    "minItems": 1,
                    "maxItems": MOST_ROWS,
                    "title": "Booleans (heads, n, m)",
                },
            ]
        }
    ),
]
