"""The job kinds: what can be computed, with which parameters, and how it is drawn.

A kind is one file in `compute/kinds/`: a pydantic model of its parameters, a `run` under
`@job_kind(...)`, its charts, and one import line in `compute/kinds/__init__.py`.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from compute.errors import InvalidParams, KindAlreadyRegistered, Problem, UnknownKind
from compute.params import PROBLEMS
from rest.pointers import pointer

JSON_SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"

# Further problems help nobody, and a hostile body could make a hundred thousand.
MOST_PROBLEMS = 100

# Seconds that a job counts until it has ended, of a kind that does not say.
MOST_EXPECTED = 10.0

# A large answer costs its keeping: past the first megabyte, a second for so many bytes.
FREE_BYTES = 1_000_000
BYTES_PER_SECOND = 4_000_000

# Called with the fraction done (0 to 1) and a sentence for the reader.
Progress = Callable[[float, str], None]
Run = Callable[[Any, Progress], dict[str, Any]]


@dataclass(frozen=True)
class Chart:
    """One picture of a result.

    `spec(params, result)` gives a Vega-Lite 6 specification with its data, a title, axis titles
    and a `description` to be read in place of the picture.
    """

    name: str
    title: str
    spec: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Parts:
    """How several workers share one job: each does some items, and one joins their results.

    `split(params)` lists the items, `do(params, item, progress)` does one, `join(params, results)`
    makes the job's result of theirs, in the order of the items. Items and their results are plain
    JSON. An item whose worker was lost is done again; one that fails is the failure of the job.
    """

    split: Callable[[Any], list[Any]]
    do: Callable[[Any, Any, Progress], Any]
    join: Callable[[Any, list[Any]], dict[str, Any]]

    def in_turn(self, params: Any, progress: Progress) -> dict[str, Any]:
        """The same in one process: the `run` of a kind that has parts."""
        items, results = self.split(params), []
        for item in items:
            results.append(self.do(params, item, lambda _fraction, _message: None))
            progress(len(results) / len(items), f"{len(results)} of {len(items)} parts are done.")
        return self.join(params, results)


@dataclass(frozen=True)
class Kind:
    """A pure function of its parameters, with what a client and a worker must know about it.

    `run` gives plain JSON values only: no NumPy scalars, NaN or infinities. `version` is raised
    whenever the same parameters could give another result. `time_seconds` and `memory_mb` are the
    limits under which a worker runs it. `expected` tells from the parameters how many seconds one
    will take, as a caller is charged until it is known; without it, a kind counts its time limit,
    at most MOST_EXPECTED. A kind with `parts` is shared by the workers.
    """

    name: str
    title: str
    summary: str
    version: int
    params: type[BaseModel]
    result: type[BaseModel]
    run: Run
    example_params: dict[str, Any]
    charts: tuple[Chart, ...] = ()
    time_seconds: float = 10
    memory_mb: int = 512
    expected: Callable[[Any], float] | None = None
    parts: Parts | None = None

    def expected_seconds(self, params: BaseModel) -> float:
        """How long these parameters should take, at most the time limit."""
        seconds = self.expected(params) if self.expected else MOST_EXPECTED
        return min(seconds, self.time_seconds)

    def parse(self, data: object) -> BaseModel:
        """Check parameters as they came from JSON. Raises InvalidParams with all that was found."""
        try:
            return self.params.model_validate(data)
        except ValidationError as exc:
            errors = exc.errors(include_url=False, include_input=False)
        problems = [problem for error in errors for problem in self._problems(error, data)]
        # A union may find the same fault on each of its branches.
        raise InvalidParams(list(dict.fromkeys(problems))[:MOST_PROBLEMS])

    def fingerprint(self, params: BaseModel) -> str:
        """The SHA-256 (hexadecimal) of name, version and parameters with their defaults filled in.

        Two jobs with the same fingerprint have the same result.
        """
        identity = [self.name, self.version, params.model_dump()]
        options = orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY
        return hashlib.sha256(orjson.dumps(identity, option=options)).hexdigest()

    def params_schema(self) -> dict[str, Any]:
        """The JSON Schema (2020-12) of the parameters."""
        return self._params_schema

    def result_schema(self) -> dict[str, Any]:
        """The JSON Schema (2020-12) of the result."""
        return self._result_schema

    @cached_property
    def _params_schema(self) -> dict[str, Any]:
        return {"$schema": JSON_SCHEMA_DIALECT} | self.params.model_json_schema()

    @cached_property
    def _result_schema(self) -> dict[str, Any]:
        schema = self.result.model_json_schema(mode="serialization")
        return {"$schema": JSON_SCHEMA_DIALECT} | schema

    def _problems(self, error: ErrorDetails, data: object) -> Iterator[Problem]:
        place = _place(error["loc"], data, error["type"])
        if error["type"] == PROBLEMS:
            for path, code, detail in error["ctx"]["problems"]:
                yield Problem(pointer(*place, *path), code, detail)
        elif error["type"] == "missing":
            yield Problem(pointer(*place), "missing", "This parameter is required.")
        elif error["type"] == "extra_forbidden":
            detail = "There is no parameter of this name here."
            if names := _names_at(self.params_schema(), place[:-1], data):
                detail += f" There are: {', '.join(names)}."
            yield Problem(pointer(*place), "unknown", detail)
        elif error["type"] in ("union_tag_not_found", "union_tag_invalid"):
            chooser = error["ctx"]["discriminator"].strip("'")
            choices = ", ".join(self.params_schema()["discriminator"]["mapping"])
            code = "missing" if error["type"] == "union_tag_not_found" else "choice"
            yield Problem(pointer(*place, chooser), code, f"This should be one of: {choices}.")
        elif error["type"] in ("model_type", "model_attributes_type"):
            yield Problem(pointer(*place), "type", "This must be an object with named parameters.")
        else:
            message = error["msg"].removesuffix(".").replace("Input should", "This should")
            yield Problem(pointer(*place), error["type"], f"{message}.")


def _place(loc: tuple[str | int, ...], data: object, error_type: str) -> list[str | int]:
    """The keys and indices that lead to the error in the data.

    pydantic mixes names of union branches into the location; those are no keys of the data.
    """
    place: list[str | int] = []
    node = data
    for index, part in enumerate(loc):
        if _leads_on(node, part):
            node = node[part]  # type: ignore[index]
        elif not (error_type == "missing" and index == len(loc) - 1):
            continue
        place.append(part)
    return place


def _leads_on(node: object, part: str | int) -> bool:
    if isinstance(node, dict):
        return part in node
    return isinstance(node, list) and isinstance(part, int) and part < len(node)


def _names_at(schema: dict[str, Any], place: Sequence[str | int], data: object) -> list[str]:
    """The parameter names that the schema allows at a place of the data."""
    nodes = _branches(schema, schema, data)
    for part in place:
        data = data[part] if isinstance(data, dict | list) else None  # type: ignore[index]
        nodes = [
            branch
            for node in nodes
            if part in node.get("properties", {})
            for branch in _branches(node["properties"][part], schema, data)
        ]
    return [name for node in nodes for name in node.get("properties", {})]


def _branches(node: dict[str, Any], root: dict[str, Any], data: object) -> list[dict[str, Any]]:
    """A schema node with its reference followed, or those of its branches that fit the data."""
    if reference := node.get("$ref"):
        return _branches(root["$defs"][reference.rpartition("/")[2]], root, data)
    if chooser := node.get("discriminator"):
        chosen = data.get(chooser["propertyName"]) if isinstance(data, dict) else None
        reference = chooser["mapping"].get(chosen) if isinstance(chosen, str) else None
        return _branches({"$ref": reference}, root, data) if reference else []
    options = node.get("anyOf") or node.get("oneOf")
    if options:
        return [branch for option in options for branch in _branches(option, root, data)]
    return [node]


def keeping_seconds(size: float) -> float:
    """What the keeping of a result of so many bytes is charged, in seconds of computing."""
    return max(0.0, size - FREE_BYTES) / BYTES_PER_SECOND


_kinds: dict[str, Kind] = {}


def job_kind(
    *,
    name: str,
    title: str,
    summary: str,
    version: int,
    params: type[BaseModel],
    result: type[BaseModel],
    example_params: dict[str, Any],
    charts: tuple[Chart, ...] = (),
    time_seconds: float = 10,
    memory_mb: int = 512,
    expected: Callable[[Any], float] | None = None,
    parts: Parts | None = None,
) -> Callable[[Run], Run]:
    """Register the decorated `run` as a job kind. Raises KindAlreadyRegistered for a taken name."""

    def register(run: Run) -> Run:
        if name in _kinds:
            raise KindAlreadyRegistered(f'There already is a job kind "{name}".')
        _kinds[name] = Kind(
            name=name,
            title=title,
            summary=summary,
            version=version,
            params=params,
            result=result,
            run=run,
            example_params=example_params,
            charts=charts,
            time_seconds=time_seconds,
            memory_mb=memory_mb,
            expected=expected,
            parts=parts,
        )
        return run

    return register


def get_kind(name: str) -> Kind:
    """The kind of this name. Raises UnknownKind, which lists those that exist."""
    try:
        return _kinds[name]
    except KeyError:
        known = ", ".join(_kinds)
        raise UnknownKind(f'There is no job kind "{name}". There are: {known}.') from None


def all_kinds() -> list[Kind]:
    """Every kind, in the order in which they were registered."""
    return list(_kinds.values())
