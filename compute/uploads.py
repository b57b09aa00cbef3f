"""What the API, kinds and the sweep may do with the datasets of learners.

The row says what there is and whose it is; the arrays are in `datasets/<id>.npz` of the media. The
file is written first and deleted last. A file without its row is one that somebody was about to
keep, or had deleted: the sweep removes it. A row without its file is answered as gone.
"""

import contextlib
import datetime
import hashlib
import threading
import uuid
from functools import partial
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from compute import datasets
from compute.errors import NoRoomForDataset, UnknownDataset
from compute.models import Dataset
from rest.limits import count_try, one_at_a_time

HOUR = 3600
MEGABYTE = 1_000_000
# Nobody takes so long between writing a file and its row.
STRAY_AFTER = datetime.timedelta(hours=1)

# A large file takes some 200 MB and seconds of computing: one at a time in each process.
_reading = threading.Lock()


def keep(owner, file: BinaryIO, name: str) -> tuple[Dataset, bool, dict[str, str]]:
    """Keep an uploaded file: the dataset, whether it is new, and the RateLimit fields.

    The same bytes as before are the dataset that there is, kept for longer; that costs nothing.
    Raises InvalidDataset, LimitExceeded, or NoRoomForDataset past DATASET_MEGABYTES.
    """
    file.seek(0)
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if found := _kept_longer(owner, sha256):
        return found, False, {}
    fields = {} if owner.is_staff else count_try("datasets", str(owner.pk), window=HOUR)
    with _reading:
        table = datasets.read(file)
    value = [table.value] if table.value else []
    dataset = Dataset(
        owner=owner,
        name=name,
        sha256=sha256,
        rows=len(table.users),
        users=len(table.user_labels),
        items=len(table.item_labels),
        replaced=table.replaced,
        columns=["user", "item", *value, *(["timestamp"] if table.timestamps is not None else [])],
        expires_at=_end(),
    )
    path = path_of(dataset.pk)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    dataset.size = datasets.save(table, path)
    try:
        found = _add(dataset)
    except BaseException:
        path.unlink()
        raise
    if found is not dataset:
        path.unlink()
    return found, found is dataset, fields


def _add(dataset: Dataset) -> Dataset:
    """Save the row; the other one, if an equal file came at the same moment."""
    owner = dataset.owner
    with transaction.atomic():
        one_at_a_time(f"datasets {owner.pk}")
        if found := _kept_longer(owner, dataset.sha256):
            return found
        kept = Dataset.objects.of(owner).kept().aggregate(size=Sum("size"))["size"] or 0
        if kept + dataset.size > settings.DATASET_MEGABYTES * MEGABYTE and not owner.is_staff:
            raise NoRoomForDataset(
                f"Your datasets take {kept / MEGABYTE:.1f} MB, this one would take"
                f" {dataset.size / MEGABYTE:.1f} MB, and there is room for"
                f" {settings.DATASET_MEGABYTES} MB. Delete one that you no longer need."
            )
        dataset.save(force_insert=True)
    return dataset


def _kept_longer(owner, sha256: str) -> Dataset | None:
    """The owner's dataset of these bytes, which now expires later."""
    same = Dataset.objects.of(owner).filter(sha256=sha256)
    found = same.first() if same.update(expires_at=_end()) else None
    if found is None or path_of(found.pk).exists():
        return found
    found.delete()
    return None


def dataset_of(owner, pk: uuid.UUID) -> Dataset:
    """The owner's own. Raises UnknownDataset; of those of others one learns nothing."""
    dataset = Dataset.objects.of(owner).kept().filter(pk=pk).first()
    if dataset is None or not path_of(pk).exists():
        raise UnknownDataset(f"You have no dataset {pk}, or it has expired; upload it again.")
    return dataset


def load(pk: uuid.UUID) -> datasets.Interactions:
    """The arrays, for whom `dataset_of` has let through. Raises UnknownDataset."""
    try:
        return datasets.load(path_of(pk))
    except FileNotFoundError:
        raise UnknownDataset(f"The dataset {pk} has been deleted or has expired.") from None


def delete(dataset: Dataset) -> None:
    pk = dataset.pk
    dataset.delete()
    path_of(pk).unlink(missing_ok=True)


def delete_all_of(owner) -> None:
    """In the transaction that deletes an account: rows at once, files when it has committed."""
    datasets_of_owner = Dataset.objects.of(owner)
    paths = [path_of(pk) for pk in datasets_of_owner.values_list("pk", flat=True)]
    datasets_of_owner.delete()
    for path in paths:
        transaction.on_commit(partial(path.unlink, missing_ok=True), robust=True)


def delete_expired() -> None:
    """Delete what has expired, and files whose row is gone."""
    for dataset in Dataset.objects.filter(expires_at__lte=timezone.now()):
        # Not if it was uploaded again meanwhile.
        expired = Dataset.objects.filter(pk=dataset.pk, expires_at__lte=timezone.now())
        if expired.delete()[0]:
            path_of(dataset.pk).unlink(missing_ok=True)
    kept = {str(pk) for pk in Dataset.objects.values_list("pk", flat=True)}
    latest = (timezone.now() - STRAY_AFTER).timestamp()
    for path in folder().glob("*.*"):
        with contextlib.suppress(FileNotFoundError):
            if path.stem not in kept and path.stat().st_mtime < latest:
                path.unlink()


def folder() -> Path:
    return Path(settings.MEDIA_ROOT, "datasets")


def path_of(pk: uuid.UUID) -> Path:
    return folder() / f"{pk}.npz"


def _end() -> datetime.datetime:
    return timezone.now() + datetime.timedelta(days=settings.DATASET_DAYS)
