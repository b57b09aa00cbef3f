"""Everything that can be somebody's: a row for each way in which a row can belong to an account.

`relations()` finds these ways in the models themselves. Whoever adds a model that hangs on an
account adds a line to `MAKERS`, and with it says to the tests of export, deletion and isolation
what to look for.
"""

import datetime
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from knox.models import AuthToken

from compute import uploads
from compute.models import Item, Job
from kb.models import (
    CaseStudy,
    Chapter,
    Company,
    Editing,
    Revision,
    StudyPlan,
    Technique,
    Topic,
)
from learn.models import CheckAnswer, TopicProgress
from problems.models import (
    EarlierJudgement,
    Explanation,
    GaveUp,
    HintReveal,
    Problem,
    Submission,
)
from tests.problems.client import judged

# Stands in all that is nobody else's, and in nothing that stays when its owner goes.
SECRET = "xyzzyprivate"
# Stands in what stays, without the name.
SHARED = "xyzzyshared"
# Where there is no room for a word.
NUMBER = 7_717_717


@dataclass
class Belongings:
    """What somebody has."""

    owner: User
    token: str = ""
    submission: Submission | None = None
    # A job that succeeded, one that was computed from the dataset, and one that runs.
    job: Job | None = None
    private_job: Job | None = None
    running_job: Job | None = None
    dataset: object = None
    rows: dict[str, models.Model] = field(default_factory=dict)


def relations() -> dict[str, models.Field]:
    """Foreign keys to an account, and to what goes with it: "problems.Submission.owner"."""
    found: dict[str, models.Field] = {}
    # A job outlives its owner, and has parts all the same.
    targets = [User, Job]
    for target in targets:
        for model in apps.get_models(include_auto_created=True):
            for one in model._meta.concrete_fields:
                if one.related_model is not target or one.remote_field.parent_link:
                    continue
                found[f"{model._meta.label}.{one.name}"] = one
                if one.remote_field.on_delete is models.CASCADE and model not in targets:
                    targets.append(model)
    return found


def everything_of(owner: User) -> Belongings:
    """Make one row of each. The shipped content has to be there."""
    things = Belongings(owner)
    for name, make in MAKERS.items():
        things.rows[name] = make(things)
    return things


# --- Makers, by relation --------------------------------------------------------------------------


def _log_entry(things: Belongings) -> LogEntry:
    topic = Topic.objects.get(slug="attention", draft_of=None)
    return LogEntry.objects.create(
        user=things.owner,
        content_type=ContentType.objects.get_for_model(Topic),
        object_id=str(topic.pk),
        object_repr=f"{SHARED} in the log",
        action_flag=CHANGE,
    )


def _group(things: Belongings) -> models.Model:
    group = Group.objects.create(name=f"{SHARED} role")
    things.owner.groups.add(group)
    return User.groups.through.objects.get(user=things.owner, group=group)


def _right(things: Belongings) -> models.Model:
    right = Permission.objects.create(
        content_type=ContentType.objects.get_for_model(User), codename=f"{SHARED}_right", name="x"
    )
    things.owner.user_permissions.add(right)
    return User.user_permissions.through.objects.get(user=things.owner, permission=right)


def _token(things: Belongings) -> AuthToken:
    row, things.token = AuthToken.objects.create(user=things.owner)
    return row


def _address(things: Belongings) -> models.Model:
    model = apps.get_model("account", "EmailAddress")
    address = f"{SECRET}@example.org"
    things.owner.email = address
    things.owner.save()
    return model.objects.create(user=things.owner, email=address, verified=True, primary=True)


def _confirmation(things: Belongings) -> models.Model:
    model = apps.get_model("account", "EmailConfirmation")
    address = things.rows["account.EmailAddress.user"]
    return model.objects.create(email_address=address, key=f"{SECRET}-confirmation")


def _dataset(things: Belongings) -> models.Model:
    text = f"user,item,rating\n{SECRET} viewer,{SECRET} film,4.5\nanother,{SECRET} film,3\n"
    file = io.BytesIO(text.encode())
    things.dataset, _is_new, _fields = uploads.keep(things.owner, file, f"{SECRET}.csv")
    return things.dataset


def job_of(owner: User | None, state: str = "succeeded", **fields) -> Job:
    now = timezone.now()
    times = {
        "succeeded": {"started_at": now, "finished_at": now, "attempt": 1, "result": "{}"},
        "failed": {"started_at": now, "finished_at": now, "attempt": 1},
        "running": {"started_at": now, "lease_until": now + datetime.timedelta(minutes=1)},
        "queued": {},
    }[state]
    defaults = {"kind": "diagnostic-test", "version": 1, "time_limit": 10, "fingerprint": "0" * 64}
    return Job.objects.create(owner=owner, state=state, **defaults | times | fields)


def _job(things: Belongings) -> Job:
    """Of three; what anybody may read who holds its UUID is no secret."""
    private = {"dataset": {"id": str(things.dataset.pk)}, "note": SECRET}
    things.private_job = job_of(things.owner, params=private, label=SECRET)
    things.running_job = job_of(things.owner, "running", params={"note": SECRET}, label=SECRET)
    things.job = job_of(
        things.owner,
        label=SECRET,
        params={"note": SHARED},
        result=json.dumps({"note": SHARED}),
        request_id=f"{SECRET}-request",
    )
    return things.job


def _item(things: Belongings) -> Item:
    return Item.objects.create(
        job=things.running_job, number=0, data={"note": SECRET}, time_limit=10
    )


def _submission(things: Belongings) -> Submission:
    test = {
        "name": "small",
        "visible": True,
        "verdict": "wrong_answer",
        "time_ms": 1.5,
        "message": SECRET,
        "input": {"prevalence": 0.01},
        "expected": 0.5,
        "actual": SECRET,
        "stdout": SECRET,
        "traceback": None,
    }
    diagnosis = {
        "kind": "relation",
        "misconception": None,
        "title": SECRET,
        "explanation": SECRET,
        "topic": None,
        "also": [],
    }
    things.submission = judged(
        things.owner,
        "wrong_answer",
        code=f"# {SECRET}",
        tests=[test],
        diagnosis=diagnosis,
        arguments={"note": SECRET},
        score=0.25,
    )
    return things.submission


def _earlier(things: Belongings) -> EarlierJudgement:
    return EarlierJudgement.objects.create(
        submission=things.submission,
        problem_version=0,
        verdict="time_limit",
        score=0,
        diagnosis=things.submission.diagnosis,
    )


def _explanation(things: Belongings) -> Explanation:
    now = timezone.now()
    return Explanation.objects.create(
        owner=things.owner,
        submission=things.submission,
        model="a-small-model",
        text=SECRET,
        state="succeeded",
        started_at=now,
        finished_at=now,
        time_limit=10,
    )


def _of_explanation(things: Belongings) -> Explanation:
    return things.submission.explanation


def _hint(things: Belongings) -> HintReveal:
    problem = things.submission.problem
    fields = {"number": 1, "problem_version": NUMBER}
    return HintReveal.objects.create(owner=things.owner, problem=problem, **fields)


def _given_up(things: Belongings) -> GaveUp:
    problem = things.submission.problem
    return GaveUp.objects.create(owner=things.owner, problem=problem, problem_version=NUMBER)


def _topic_progress(things: Belongings) -> TopicProgress:
    topic = Topic.objects.get(slug="attention", draft_of=None)
    return TopicProgress.objects.create(owner=things.owner, topic=topic, sections_read=[SECRET])


def _answer(things: Belongings) -> CheckAnswer:
    topic = Topic.objects.get(slug="attention", draft_of=None)
    return CheckAnswer.objects.create(
        owner=things.owner, topic=topic, topic_version=1, question=SECRET, correct=True
    )


def _entry(model: type[models.Model]) -> Callable[[Belongings], models.Model]:
    """A draft, which stays with those who curate."""
    fields = {
        CaseStudy: lambda: {"company": Company.objects.first(), "year": 2020, "domain": "other"},
        Topic: lambda: {"chapter": Chapter.objects.first()},
        Technique: lambda: {"group": "Models"},
        Problem: lambda: {"home_topic": Topic.objects.first(), "difficulty": "easy"},
    }.get(model, dict)

    def make(things: Belongings) -> models.Model:
        slug = f"{SHARED}-{model._meta.model_name}"
        texts = {"slug": slug, "title": slug, "summary": "A draft."}
        return model.objects.create(author=things.owner, **texts, **fields())

    return make


def _revision(role: str) -> Callable[[Belongings], Revision]:
    def make(things: Belongings) -> Revision:
        slug = f"{SHARED}-{role}"
        fields = {"type": "topic", "slug": slug, "number": 1, "document": "+++", "origin": "admin"}
        return Revision.objects.create(**fields, **{role: things.owner})

    return make


def _editing(things: Belongings) -> Editing:
    draft = things.rows["kb.Topic.author"]
    return Editing.objects.create(type="topic", entry_id=draft.pk, user=things.owner)


# In an order in which each finds what it needs.
MAKERS: dict[str, Callable[[Belongings], models.Model]] = {
    "admin.LogEntry.user": _log_entry,
    "auth.User_groups.user": _group,
    "auth.User_user_permissions.user": _right,
    "knox.AuthToken.user": _token,
    "account.EmailAddress.user": _address,
    "account.EmailConfirmation.email_address": _confirmation,
    "compute.Dataset.owner": _dataset,
    "compute.Job.owner": _job,
    "compute.Item.job": _item,
    "problems.Submission.owner": _submission,
    "problems.EarlierJudgement.submission": _earlier,
    "problems.Explanation.owner": _explanation,
    "problems.Explanation.submission": _of_explanation,
    "problems.HintReveal.owner": _hint,
    "problems.GaveUp.owner": _given_up,
    "learn.TopicProgress.owner": _topic_progress,
    "learn.CheckAnswer.owner": _answer,
    "kb.Company.author": _entry(Company),
    "kb.Technique.author": _entry(Technique),
    "kb.StudyPlan.author": _entry(StudyPlan),
    "kb.Topic.author": _entry(Topic),
    "kb.CaseStudy.author": _entry(CaseStudy),
    "problems.Problem.author": _entry(Problem),
    "kb.Revision.author": _revision("author"),
    "kb.Revision.reviewer": _revision("reviewer"),
    "kb.Editing.user": _editing,
}
# Relations that no row uses, with the reason.
NEVER_USED = {
    "compute.Item.owner": "a part of a job belongs to the owner of the job",
}


# --- The whole database ---------------------------------------------------------------------------


def all_rows() -> dict[str, list[tuple]]:
    """Every row of every table, by the name of its model, in the order of its key."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values_list())
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed
    }


def where(word: str) -> list[str]:
    """The models in whose rows a word stands."""
    return [name for name, rows in all_rows().items() if any(word in repr(row) for row in rows)]


def written_down(things: Belongings) -> dict[str, list[tuple]]:
    """The rows that are somebody's, as they are now."""
    owner = things.owner
    rows = {"auth.User": list(User.objects.filter(pk=owner.pk).values_list())}
    for name, one in relations().items():
        path = one.name if one.related_model is User else f"{one.name}__{_owner_of(one)}"
        mine = one.model._base_manager.filter(**{path: owner}).order_by("pk")
        rows[name] = list(mine.values_list())
    return rows


def _owner_of(relation: models.Field) -> str:
    """The path from what a relation leads to, to the account."""
    found = relations().values()
    return next(
        one.name
        for one in found
        if one.model is relation.related_model and one.related_model is User
    )


def gone(user) -> bool:
    return not User.objects.filter(pk=user.pk).exists()
