"""Jobs of strangers are not kept for ever: they go when they are old, or when there is no room.

Nor are the keys of requests that began work.
"""

import datetime
import time

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from compute import uploads
from compute.counting import count_finished
from compute.models import Job
from compute.schedule import every
from compute.work import ENDED
from rest.idempotency import forget_keys

# One sweep does this beside everything else; what is left over is due again soon.
LONGEST_SECONDS = 3
DELETED_AT_ONCE = 500


@every(datetime.timedelta(seconds=10), "jobs-of-strangers")
def delete_jobs_of_strangers() -> None:
    """Delete ended jobs that are older than JOB_DAYS, then the oldest beyond JOB_MEGABYTES."""
    deadline = time.monotonic() + LONGEST_SECONDS
    oldest_kept = timezone.now() - datetime.timedelta(days=settings.JOB_DAYS)
    strangers = Job.objects.strangers()
    kept = strangers.aggregate(size=Sum("size"))["size"] or 0
    too_much = kept - settings.JOB_MEGABYTES * 1_000_000
    oldest_first = strangers.filter(state__in=ENDED).order_by("created_at")
    fields = ("pk", "created_at", "size")
    while time.monotonic() < deadline:
        gone = []
        for pk, created_at, size in oldest_first.values_list(*fields)[:DELETED_AT_ONCE]:
            if created_at >= oldest_kept and too_much <= 0:
                break
            gone.append(pk)
            too_much -= size
        if not gone:
            break
        Job.objects.filter(pk__in=gone).delete()


@every(datetime.timedelta(hours=1), "labels-of-deleted-accounts")
def forget_labels_of_deleted_accounts() -> None:
    """Forget what people who deleted their account called their jobs; the jobs stay."""
    Job.objects.filter(owner=None, client="").exclude(label=None).update(label=None)


@every(datetime.timedelta(seconds=10), "figures-of-ended-work")
def count_what_has_ended() -> None:
    count_finished()


@every(datetime.timedelta(minutes=5), "idempotency-keys")
def delete_old_idempotency_keys() -> None:
    forget_keys()


@every(datetime.timedelta(minutes=10), "datasets")
def delete_expired_datasets() -> None:
    uploads.delete_expired()
