"""Jobs: requests to run a kind with given parameters. The schedule of the sweep. Datasets."""

import datetime
import uuid
from functools import cached_property, partial

import orjson
from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Sum, When
from django.utils import timezone

import compute.kinds  # noqa: F401  (registers the kinds)
from compute import work
from compute.registry import Chart, all_kinds
from compute.work import ENDED, State, Work, WorkQuerySet, publish
from rest.json import JSONDecoder
from rest.owned import OwnedQuerySet

# A list shows parameters and results up to this size, which is that of a small figure.
LISTED_BYTES = 20_000
# Work that waits for its items past its time limit has the sweep see it as past its limit.
PAST_LIMIT = datetime.timedelta(seconds=1)


def kind_choices():
    # A function, so that a new kind needs no migration.
    return [(kind.name, kind.title) for kind in all_kinds()]


class JobQuerySet(WorkQuerySet):
    """A job whose kind has parts waits, held by no worker, while its items are worked on.

    A worker splits it and is free again; whoever ends the last item takes the job over and joins
    them. If that worker is lost in between, the sweep puts the job back, to be joined by another.
    """

    waiting_for_items = Q(state=State.RUNNING, waits_for_items=True, finished_at=None)
    unheld = WorkQuerySet.unheld | waiting_for_items
    # Computed from a dataset that somebody uploaded: nobody else's affair, even without a name.
    of_private_data = Q(params__dataset__has_key="id")

    def hand_over(self, job: "Job", token: int, items: list) -> bool:
        """Split held work into items, and hold it no longer. False once the token is void."""
        limit = datetime.timedelta(seconds=job.time_limit)
        with transaction.atomic():
            held = self.held(job.pk, token).update(
                waits_for_items=True,
                lease_until=job.started_at + limit + work.LEASE + PAST_LIMIT,
                progress_message=f"0 of {len(items)} parts are done.",
            )
            if held:
                now = timezone.now()
                made = Item.objects.bulk_create(
                    Item(
                        job=job,
                        number=number,
                        data=data,
                        time_limit=job.time_limit,
                        request_id=job.request_id,
                        sent_at=now,
                    )
                    for number, data in enumerate(items)
                )
                pks = [item.pk for item in made]
                transaction.on_commit(partial(publish, Item, pks), robust=True)
        return bool(held)

    def take_over(self, pk) -> "Job | None":
        """Hold a job whose items have all ended: the job, or None if it is not to be joined now.

        Of those who end the last items at the same moment, one wins.
        """
        job = self._all_done().filter(pk=pk).first()
        if job is None:
            return None
        won = (
            self._all_done()
            .filter(pk=pk, attempt=job.attempt)
            .update(waits_for_items=False, lease_until=timezone.now() + work.LEASE)
        )
        return job if won else None

    def _all_done(self):
        unfinished = Item.objects.unfinished().filter(job=OuterRef("pk"))
        return self.filter(self.waiting_for_items).exclude(Exists(unfinished))

    def count_item(self, item: "Item") -> None:
        """Tell the job of an item that has ended: its progress and seconds, or its failure."""
        waiting = self.filter(self.waiting_for_items, pk=item.job_id)
        if item.state == State.FAILED:
            waiting.update(
                state=State.FAILED,
                finished_at=timezone.now(),
                lease_until=None,
                error_code=item.error_code,
                error_detail=f"Part {item.number + 1}: {item.error_detail}",
                seconds=F("seconds") + item.seconds,
            )
            return
        states = Item.objects.filter(job=item.job_id).values_list("state", flat=True)
        done, total = sum(state in ENDED for state in states), len(states)
        waiting.update(
            progress_fraction=done / total,
            progress_message=f"{done} of {total} parts are done.",
            seconds=F("seconds") + item.seconds,
        )

    def tidy(self) -> None:
        """Go on with jobs whose items have ended although no worker went on; drop old items."""
        failed = Item.objects.filter(job=OuterRef("pk"), state=State.FAILED)
        for pk in self.filter(self.waiting_for_items).filter(Exists(failed)).values_list("pk"):
            # None where the job has been deleted meanwhile.
            if item := Item.objects.filter(job=pk, state=State.FAILED).first():
                self.count_item(item)
        self._all_done().update(
            waits_for_items=False, state=State.QUEUED, lease_until=None, sent_at=None
        )
        orphans = Item.objects.filter(job__state__in=ENDED)
        orphans.filter(pk__in=Subquery(orphans.unfinished().values("pk"))).cancel_all()
        orphans.filter(state__in=ENDED).delete()

    def charged_to(self, *, user=None, client: str = ""):
        return self.of(user) if user else self.filter(owner=None, client=client)

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
    LOGGED = (*Work.LOGGED, "kind")

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
    waits_for_items = models.BooleanField(default=False)

    objects = JobQuerySet.as_manager()

    class Meta(Work.Meta):
        permissions = [("operate_job", "Can cancel jobs and run them again")]
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


class Item(Work):
    """One part of a job, done by any worker; `number` is its place in the list of parts."""

    TASK = "compute.run_item"
    IS_PART = True

    job = models.ForeignKey(Job, models.CASCADE, related_name="items")
    number = models.PositiveSmallIntegerField()
    data = models.JSONField(decoder=JSONDecoder)
    result = models.TextField(null=True, blank=True)

    class Meta(Work.Meta):
        constraints = [
            *Work.Meta.constraints,
            models.UniqueConstraint(fields=["job", "number"], name="compute_item_number"),
        ]

    def __str__(self):
        return f"part {self.number + 1} of {self.job_id}"


class Counter(models.Model):
    """A figure that only grows, of work that has ended or of what sweeps put right.

    `value` of the label (a state, or the bound of a bucket) of the figure `name`. Jobs are deleted
    in the end, and these stay. Written by compute/counting.py.
    """

    work = models.CharField(max_length=40)
    kind = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=40)
    label = models.CharField(max_length=40, blank=True)
    value = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["work", "kind", "name", "label"], name="compute_counter_once"
            )
        ]

    def __str__(self):
        return f"{self.work} {self.kind} {self.name} {self.label}"


class Counted(models.Model):
    """Until when the ended work of a model has been counted."""

    work = models.CharField(max_length=40, primary_key=True)
    until = models.DateTimeField()

    def __str__(self):
        return self.work


class Schedule(models.Model):
    """Something that is due now and then; the sweep that moves `next_run_at` runs it."""

    name = models.CharField(max_length=40, primary_key=True)
    next_run_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return self.name


class DatasetQuerySet(OwnedQuerySet):
    def kept(self):
        """Those that have not expired; the sweep deletes the others."""
        return self.filter(expires_at__gt=timezone.now())


class Dataset(models.Model):
    """What a learner uploaded for recommenders; its arrays are in a file (compute/uploads.py)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="datasets")
    name = models.CharField(max_length=255, blank=True, help_text="Of the file, as it was sent.")
    sha256 = models.CharField(max_length=64, help_text="Of the bytes of the file.")
    rows = models.PositiveIntegerField(help_text="That count.")
    users = models.PositiveIntegerField()
    items = models.PositiveIntegerField()
    replaced = models.PositiveIntegerField(help_text="Ratings that a later one took the place of.")
    columns = models.JSONField(help_text="Those that the file has, in the order of the contract.")
    size = models.PositiveBigIntegerField(help_text="Bytes that are kept.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)

    objects = DatasetQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "sha256"], name="compute_dataset_once"),
        ]

    def __str__(self):
        return self.name or str(self.pk)
