"""Jobs: requests to run a kind with given parameters. And the schedule that the sweep keeps."""

from functools import cached_property

import orjson
from django.db import models
from django.db.models import Case, F, Q, Sum, When
from django.utils import timezone

import compute.kinds  # noqa: F401  (registers the kinds)
from compute.registry import Chart, all_kinds
from compute.work import State, Work, WorkQuerySet
from rest.json import JSONDecoder

# A list shows parameters and results up to this size, which is that of a small figure.
LISTED_BYTES = 20_000


def kind_choices():
    # A function, so that a new kind needs no migration.
    return [(kind.name, kind.title) for kind in all_kinds()]


class JobQuerySet(WorkQuerySet):
    def of(self, user):
        """A learner's own jobs; nobody's for a stranger."""
        return self.filter(owner_id=user.pk) if user.is_authenticated else self.none()

    def charged_to(self, *, user=None, client: str = ""):
        return self.filter(owner=user) if user else self.filter(owner=None, client=client)

    def seconds_since(self, moment) -> float:
        """What the jobs that have ended since a moment are charged."""
        return self.filter(finished_at__gte=moment).aggregate(total=Sum("seconds"))["total"] or 0

    def strangers(self):
        """Jobs that were submitted without signing in; not those of deleted accounts."""
        return self.filter(owner=None, client__gt="")

    def light(self):
        """Without what may be megabytes, which is read when it is asked for."""
        return self.defer("params", "result")

    def for_list(self):
        """Light, with `listed_params` and `listed_result`: null where they are large."""

        def listed(name: str):
            field = Job._meta.get_field(name).clone()
            return Case(When(size__lte=LISTED_BYTES, then=F(name)), output_field=field)

        return self.light().annotate(listed_params=listed("params"), listed_result=listed("result"))


class Job(Work):
    TASK = "compute.run_job"

    kind = models.CharField(max_length=40, choices=kind_choices)
    version = models.PositiveSmallIntegerField(help_text="Of the kind when it was submitted.")
    label = models.CharField(max_length=200, null=True, blank=True)
    params = models.JSONField(default=dict, decoder=JSONDecoder)
    # The same for every job of this kind, version and parameters, defaults filled in.
    fingerprint = models.CharField(max_length=64)
    # JSON text, written and served as it is: parsing a large result would cost more than the rest.
    result = models.TextField(null=True, blank=True)
    # An anonymous client's address, hashed with the secret key.
    client = models.CharField(max_length=32, blank=True)
    expected_seconds = models.FloatField(default=1, help_text="Charged until it has ended.")
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes of parameters and result.")

    objects = JobQuerySet.as_manager()

    class Meta(Work.Meta):
        indexes = [
            *Work.Meta.indexes,
            models.Index(fields=["owner", "-created_at"], name="compute_job_owner"),
            models.Index(
                fields=["client", "finished_at"],
                name="compute_job_client",
                condition=Q(owner=None),
            ),
            models.Index(
                fields=["fingerprint"],
                name="compute_job_fingerprint",
                condition=Q(state="succeeded"),
            ),
            # Covers what the housekeeping reads.
            models.Index(
                fields=["created_at", "size"],
                name="compute_job_strangers",
                condition=Q(owner=None, client__gt=""),
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.pk}"

    @cached_property
    def result_data(self) -> dict | None:
        return orjson.loads(self.result) if self.result is not None else None

    @property
    def charts(self) -> tuple[Chart, ...]:
        """The pictures of the result; none where this release no longer has its kind's version."""
        if self.state != State.SUCCEEDED:
            return ()
        same = (self.kind, self.version)
        return next((kind.charts for kind in all_kinds() if (kind.name, kind.version) == same), ())

    def is_of(self, user, client: str) -> bool:
        """Whether it is the user's own, or came without signing in from this client."""
        return self.owner_id == user.pk if self.owner_id else self.client == client


class Schedule(models.Model):
    """Something that is due now and then; the sweep that moves `next_run_at` runs it."""

    name = models.CharField(max_length=40, primary_key=True)
    next_run_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return self.name
