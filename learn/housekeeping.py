"""What signing in leaves behind is cleared away: old tries, sessions and tokens."""

import datetime

from django.contrib.sessions.models import Session
from django.utils import timezone
from knox.models import AuthToken

from compute.schedule import every
from rest.limits import forget_tries


@every(datetime.timedelta(minutes=5), "tries")
def delete_old_tries() -> None:
    forget_tries()


@every(datetime.timedelta(hours=1), "sessions-and-tokens")
def delete_expired_sessions_and_tokens() -> None:
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    AuthToken.objects.filter(expiry__lt=now).delete()
