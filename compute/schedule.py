"""What is due now and then, without Celery beat: rows that any sweep may claim."""

import datetime
import logging
from collections.abc import Callable

from django.utils import timezone

from compute.models import Schedule

logger = logging.getLogger(__name__)

_handlers: dict[str, tuple[datetime.timedelta, Callable[[], None]]] = {}


def every(interval: datetime.timedelta, name: str):
    """Run the decorated function once in every interval, on one of the sweeps."""

    def register(handler: Callable[[], None]) -> Callable[[], None]:
        _handlers[name] = (interval, handler)
        return handler

    return register


def run_due() -> list[str]:
    """Run what is due; the names of what was run here."""
    for name in _handlers:
        Schedule.objects.get_or_create(name=name)
    now, done = timezone.now(), []
    for row in Schedule.objects.filter(name__in=_handlers, next_run_at__lte=now):
        interval, handler = _handlers[row.name]
        # The conditional update decides which sweep runs it.
        mine = Schedule.objects.filter(name=row.name, next_run_at=row.next_run_at)
        if mine.update(next_run_at=now + interval):
            logger.info("Scheduled: %s.", row.name)
            try:
                handler()
            except Exception:
                # One that fails must not keep the sweep from its work; it is due again later.
                logger.exception("Scheduled: %s failed.", row.name)
            done.append(row.name)
    return done
