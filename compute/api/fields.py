"""`?fields=result.output,state`: parts of a large job."""

from drf_spectacular.utils import OpenApiParameter

from compute.api.serializers import JobSerializer
from rest.errors import QueryError

NAMES = list(JobSerializer().fields)
_path = rf"({'|'.join(NAMES)})(\.[A-Za-z0-9_]+)*"

FIELDS = OpenApiParameter(
    "fields",
    {"type": "string", "maxLength": 500, "pattern": f"^{_path}(,{_path})*$"},
    description="Only these parts of the job, comma-separated; a dot leads into an object, as in "
    "`result.output,state`. What is inside of null is null.",
)

Path = tuple[str, ...]
Paths = list[Path]


def asked_paths(request) -> Paths | None:
    """The paths that a request asks for; None for all of the job. Raises QueryError."""
    text = request.query_params.get("fields")
    if text is None:
        return None
    paths = [tuple(part.strip().split(".")) for part in text.split(",")]
    for path in paths:
        if path[0] not in NAMES:
            raise _unknown(path, f"there are: {', '.join(NAMES)}.")
    return paths


def pick(job: dict, paths: Paths) -> dict:
    """The parts of a job at these paths, nested as they were. Raises QueryError for no part."""
    picked: dict = {}
    # Shorter ones first: what is asked for whole is not taken apart by a path into it.
    for path in sorted(paths, key=len):
        source, target = job, picked
        for name in path[:-1]:
            source = _part(source, name, path)
            if source is None:
                target[name] = None
                break
            target = target.setdefault(name, {})
        else:
            target[path[-1]] = _part(source, path[-1], path)
    return picked


def _part(source, name: str, path: Path):
    if not isinstance(source, dict) or name not in source:
        names = ", ".join(list(source)[:20]) if isinstance(source, dict) else "none"
        raise _unknown(path, f"where {name[:80]!r} should be there are: {names}.")
    return source[name]


def _unknown(path: Path, rest: str) -> QueryError:
    return QueryError("fields", f"There is no field {'.'.join(path)[:80]!r}; {rest}")
