"""Who else has a draft open."""

import datetime

from django.utils import timezone

from kb.models import Editing
from kb.models.entry import Entry

# A page that is open says so at once and every half minute; one without scripts was saved lately.
HERE = datetime.timedelta(seconds=90)
LATELY = datetime.timedelta(minutes=10)
KEPT = datetime.timedelta(days=1)


def come_in(entry: Entry, user) -> None:
    """Note that a person has the draft open, or has just saved it."""
    now = timezone.now()
    row, is_new = Editing.objects.get_or_create(type=entry.TYPE, entry_id=entry.pk, user=user)
    if not is_new:
        # Who was away for long begins anew.
        opened_at = row.opened_at if now - row.seen_at < LATELY else now
        Editing.objects.filter(pk=row.pk).update(seen_at=now, opened_at=opened_at)


def others_in(entry: Entry, user) -> list[str]:
    """Sentences on who else edits the draft, or did within the last minutes."""
    now = timezone.now()
    there = Editing.objects.filter(type=entry.TYPE, entry_id=entry.pk, seen_at__gt=now - LATELY)
    sentences = []
    for row in there.exclude(user=user).select_related("user").order_by("opened_at"):
        name = row.user.get_full_name() or row.user.get_username()
        if now - row.seen_at < HERE:
            since = timezone.localtime(row.opened_at).strftime("%H:%M")
            sentences.append(f"{name} is editing this draft too (since {since}).")
        else:
            seen = timezone.localtime(row.seen_at).strftime("%H:%M")
            sentences.append(f"{name} had this draft open at {seen}.")
    return sentences


def forget() -> int:
    """Delete what is long past; how many rows there were."""
    return Editing.objects.filter(seen_at__lt=timezone.now() - KEPT).delete()[0]
