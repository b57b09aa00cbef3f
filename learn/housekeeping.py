"""What is due now and then: the day of the digest, and clearing away what signing in left."""

import datetime

from django.contrib.sessions.models import Session
from django.utils import timezone
from knox.models import AuthToken

from compute.schedule import every
from learn import digest
from rest.limits import forget_tries


@every(datetime.timedelta(seconds=10), "digest")
def fix_due_days() -> None:
    """Soon after midnight, and after something of a day was withdrawn."""
    digest.fix_due_days()


@every(datetime.timedelta(minutes=5), "tries")
def delete_old_tries() -> None:
    forget_tries()


@every(datetime.timedelta(hours=1), "sessions-and-tokens")
def delete_expired_sessions_and_tokens() -> None:
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    AuthToken.objects.filter(expiry__lt=now).delete()
