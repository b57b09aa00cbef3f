"""All that is one person's, as one JSON document that is made while it is read.

What it needs of memory does not grow with the account: lists are read by their keys, a few rows at
a time, so that a slow reader holds no cursor open either. What comes or goes meanwhile is in it or
not; it is no picture of one moment.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from compute import uploads
from compute.datasets import Interactions
from compute.errors import UnknownDataset
from compute.models import Dataset, Job
from kb.loading import ENTRY_MODELS
from kb.models import Revision
from learn.models import CheckAnswer, TopicProgress
from problems.models import GaveUp, HintReveal, Problem, Submission
from rest.json import raw_json

FORMAT, VERSION = "casebook-account", 1
CHUNK = 65_536
# Read together: rows of a few words; submissions, of perhaps 100 KB; jobs, of perhaps 30 MB.
ROWS, SUBMISSIONS, JOBS = 500, 20, 1
# Written together.
RATINGS = 4096
# Enough to tell tokens apart, and of no use to whoever finds the file.
TOKEN_PREFIX = 8

Row = dict[str, Any]


def export_of(user: User) -> Iterator[bytes]:
    """The document, in pieces of some CHUNK bytes, or of one large row."""
    kept = bytearray()
    for piece in _document(user):
        kept += piece
        if len(kept) >= CHUNK:
            yield bytes(kept)
            kept.clear()
    yield bytes(kept)


def _document(user: User) -> Iterator[bytes]:
    head = {"format": FORMAT, "version": VERSION, "exported_at": timezone.now()}
    yield _json(head | {"account": _account(user)})[:-1]
    for name, rows_of in LISTS.items():
        yield f',"{name}":['.encode()
        for number, row in enumerate(rows_of(user)):
            if number:
                yield b","
            yield from [_json(row)] if isinstance(row, dict) else row
        yield b"]"
    yield b"}\n"


def _json(row: object) -> bytes:
    return orjson.dumps(row, option=orjson.OPT_UTC_Z)


def _by_keys(rows: QuerySet, size: int) -> Iterator[Any]:
    """The rows in their order, as many at a time: first all keys, then rows by their keys."""
    pks = list(rows.values_list("pk", flat=True))
    for begin in range(0, len(pks), size):
        yield from rows.filter(pk__in=pks[begin : begin + size])


# --- Who one is -----------------------------------------------------------------------------------


def _account(user: User) -> Row:
    rights = user.user_permissions.values_list("content_type__app_label", "codename")
    return {
        "username": user.get_username(),
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "joined_at": user.date_joined,
        "last_sign_in_at": user.last_login,
        "is_active": user.is_active,
        "is_staff": user.is_staff,
        "is_superuser": user.is_superuser,
        "roles": list(user.groups.order_by("name").values_list("name", flat=True)),
        "rights": [f"{app}.{name}" for app, name in rights],
    }


def _email_addresses(user: User) -> Iterable[Row]:
    return user.emailaddress_set.order_by("pk").values("email", "verified", "primary")


def _tokens(user: User) -> Iterator[Row]:
    for token in user.auth_token_set.order_by("created"):
        yield {
            "prefix": token.token_key[:TOKEN_PREFIX],
            "created_at": token.created,
            "expires_at": token.expiry,
        }


# --- What one learned -----------------------------------------------------------------------------


def _topics(user: User) -> Iterator[Row]:
    names = ("sections_read", "done", "started_at", "updated_at", "done_at")
    rows = TopicProgress.objects.of(user).order_by("started_at", "pk")
    return _by_keys(rows.values(*names, slug=F("topic__slug")), ROWS)


def _answers(user: User) -> Iterator[Row]:
    names = ("topic_version", "question", "correct", "seconds", "at")
    rows = CheckAnswer.objects.of(user).order_by("at", "pk").values(*names, slug=F("topic__slug"))
    return _by_keys(rows, ROWS)


def _hints(user: User) -> Iterator[Row]:
    rows = HintReveal.objects.of(user).order_by("at", "pk")
    names = ("problem_version", "number", "at")
    return _by_keys(rows.values(*names, slug=F("problem__slug")), ROWS)


def _given_up(user: User) -> Iterator[Row]:
    rows = GaveUp.objects.of(user).order_by("at", "pk")
    return _by_keys(rows.values("problem_version", "at", slug=F("problem__slug")), ROWS)


def _submissions(user: User) -> Iterator[Row]:
    rows = Submission.objects.of(user).order_by("created_at", "pk")
    rows = rows.select_related("explanation").prefetch_related("earlier")
    for submission in _by_keys(rows.annotate(slug=F("problem__slug")), SUBMISSIONS):
        yield {
            "id": submission.pk,
            "problem": submission.slug,
            "problem_version": submission.problem_version,
            "mode": submission.mode,
            "code": submission.code,
            "arguments": submission.arguments,
            **_work(submission),
            "verdict": submission.verdict,
            "score": submission.score,
            "memory_mb": submission.memory_mb,
            "tests": submission.tests,
            "diagnosis": submission.diagnosis,
            "earlier": [
                {
                    "problem_version": earlier.problem_version,
                    "verdict": earlier.verdict,
                    "score": earlier.score,
                    "diagnosis": earlier.diagnosis,
                    "replaced_at": earlier.replaced_at,
                }
                for earlier in submission.earlier.all()
            ],
            "explanation": _explanation(submission),
        }


def _explanation(submission: Submission) -> Row | None:
    explanation = getattr(submission, "explanation", None)
    if explanation is None:
        return None
    return {"model": explanation.model, "text": explanation.text, **_work(explanation)}


# --- What one computed ----------------------------------------------------------------------------


def _work(work) -> Row:
    """What all work has: how it ended, and when."""
    error = {"code": work.error_code, "detail": work.error_detail} if work.error_code else None
    return {
        "state": work.state,
        "error": error,
        "attempts": work.attempt,
        "seconds": work.seconds,
        "created_at": work.created_at,
        "started_at": work.started_at,
        "finished_at": work.finished_at,
    }


def _jobs(user: User) -> Iterator[Row]:
    for job in _by_keys(Job.objects.of(user).order_by("created_at", "pk"), JOBS):
        yield {
            "id": job.pk,
            "kind": job.kind,
            "version": job.version,
            "label": job.label,
            "params": job.params,
            **_work(job),
            "result": None if job.result is None else raw_json(job.result),
        }


def _datasets(user: User) -> Iterator[Iterator[bytes]]:
    for dataset in Dataset.objects.of(user).kept().order_by("created_at", "pk"):
        yield _dataset(dataset)


def _dataset(dataset: Dataset) -> Iterator[bytes]:
    """A dataset with its ratings: nobody keeps the file that they came in."""
    names = ("id", "name", "sha256", "rows", "users", "items", "replaced", "columns", "size")
    fields = {name: getattr(dataset, name) for name in names}
    fields |= {"created_at": dataset.created_at, "expires_at": dataset.expires_at}
    try:
        table = uploads.load(dataset.pk)
    except UnknownDataset:
        yield _json(fields | {"ratings": None})
        return
    yield _json(fields)[:-1] + b',"ratings":['
    for number, rows in enumerate(_ratings(table)):
        yield (b"," if number else b"") + _json(rows)[1:-1]
    yield b"]}"


def _ratings(table: Interactions) -> Iterator[list[tuple]]:
    """Rows in the order of the dataset's columns, many at a time."""
    for begin in range(0, len(table.users), RATINGS):
        part = slice(begin, begin + RATINGS)
        columns: list[list] = [
            [table.user_labels[code] for code in table.users[part].tolist()],
            [table.item_labels[code] for code in table.items[part].tolist()],
        ]
        for values in (table.values, table.timestamps):
            if values is not None:
                columns.append(values[part].tolist())
        yield list(zip(*columns, strict=True))


# --- What one curated -----------------------------------------------------------------------------


def _revisions(user: User) -> Iterator[Row]:
    """What was published by them, which stays; its text is public."""
    rows = Revision.objects.filter(Q(author=user) | Q(reviewer=user)).order_by("at", "pk")
    names = ("type", "slug", "number", "origin", "at", "author", "reviewer")
    for row in _by_keys(rows.values(*names), ROWS):
        roles = [role for role in ("author", "reviewer") if row.pop(role) == user.pk]
        yield row | {"roles": roles}


def _entries(user: User) -> Iterator[Row]:
    """Entries and drafts that nobody has edited since they did."""
    for model in (*ENTRY_MODELS.values(), Problem):
        rows = model.objects.filter(author=user).order_by("slug", "pk")
        for row in _by_keys(rows.values("slug", "title", "state", "updated_at"), ROWS):
            yield {"type": model.TYPE} | row


def _admin_log(user: User) -> Iterator[Row]:
    rows = LogEntry.objects.filter(user=user).order_by("action_time", "pk")
    for entry in _by_keys(rows.select_related("content_type"), ROWS):
        yield {
            "at": entry.action_time,
            "action": entry.get_action_flag_display(),
            "type": entry.content_type and entry.content_type.model,
            "id": entry.object_id,
            "name": entry.object_repr,
            "message": entry.get_change_message(),
        }


LISTS: dict[str, Callable[[User], Iterable[Any]]] = {
    "email_addresses": _email_addresses,
    "tokens": _tokens,
    "topics": _topics,
    "answers": _answers,
    "submissions": _submissions,
    "hints": _hints,
    "given_up": _given_up,
    "jobs": _jobs,
    "datasets": _datasets,
    "revisions": _revisions,
    "entries": _entries,
    "admin_log": _admin_log,
}
