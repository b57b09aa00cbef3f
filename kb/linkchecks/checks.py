"""Checks of the addresses that published entries cite, where LINK_CHECKS is on.

A visit makes a link `ok`, `moved` or `blocked` at once. One that fails is only counted: a link is
`dead` after DEAD_AFTER failures in a row of which the first is DEAD_DAYS old or older, and keeps
the state that it had until then. What has no answer at all counts only where some link has
answered within ANSWERED_DAYS: otherwise it is rather our own network that is away.

What answers is visited again after LONGEST_DAYS; what fails after 2, 4, 8, … days, at most
LONGEST_DAYS; and a server that asks for more time, with Retry-After, gets it.
"""

import datetime
import logging
import time
from collections import defaultdict
from collections.abc import Collection, Iterable

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from kb.linkchecks.exchange import ASKS_TO_WAIT
from kb.linkchecks.guard import host_of
from kb.linkchecks.visitor import HostBusy, Result, Visit, Visitor
from kb.models import Link, LinkHost, LinkVisit, Reference, Source, State
from kb.models.linkchecks import KEPT_VISITS
from rest.version import raise_content_version

logger = logging.getLogger(__name__)

DEAD_AFTER = 3
DEAD_DAYS = 3
ANSWERED_DAYS = 60
LONGEST_DAYS = 30
# What a person has looked at is left alone for longer.
DAYS_AFTER_A_LOOK = 180
# One task: no visit begins after so many seconds, or after so many visits.
BATCH_SECONDS = 20.0
BATCH_VISITS = 50
DAY = datetime.timedelta(days=1)
POSTPONED = datetime.timedelta(minutes=1)


def link_states(urls: Iterable[str]) -> dict[str, Link]:
    """What is known of addresses, as they stand in sources and references. One query."""
    return {link.url: link for link in Link.objects.filter(url__in={url for url in urls if url})}


def check_due(visitor: Visitor | None = None) -> int:
    """Bring the list of links up to date and visit a batch of those due; how many were visited.

    Does nothing at all while LINK_CHECKS is off. Any number of workers may do it at once.
    """
    if not settings.LINK_CHECKS:
        return 0
    deadline = time.monotonic() + BATCH_SECONDS
    follow_citations()
    visitor = visitor or Visitor(LinkHost.objects, user_agent())
    visited = 0
    while visited < BATCH_VISITS and time.monotonic() < deadline:
        link = Link.objects.due().order_by("next_check_at", "pk").first()
        if link is None:
            break
        visited += check(link, visitor)
    if visited:
        logger.info("Links visited: %s.", visited)
    return visited


def check(link: Link, visitor: Visitor) -> bool:
    """Visit a link that is due and keep what was found; False if that was for somebody else."""
    token = Link.objects.claim(link)
    if token is None:
        return False
    try:
        visit = visitor.visit(link.url)
    except HostBusy:
        Link.objects.held(link, token).update(next_check_at=timezone.now() + POSTPONED)
        return False
    return record(link, token, visit)


def record(link: Link, token: datetime.datetime, visit: Visit) -> bool:
    """Keep what a visit found. False, and nothing kept, if the link is no longer held."""
    now = timezone.now()
    if visit.result == Result.FAILED and visit.status_code is None and not _anything_answers(now):
        sentence = f"{visit.detail} Nor has any other link; it may be our own network."
        visit = Visit(Result.UNKNOWN, sentence, location=visit.location, method=visit.method)
    return _keep(link, Link.objects.held(link, token), changes_after(link, visit, now), visit, now)


def changes_after(link: Link, visit: Visit, now: datetime.datetime) -> dict:
    """What becomes of a link by a visit, as this module says it."""
    match visit.result:
        case Result.UNKNOWN:
            return {"next_check_at": now + DAY}
        case Result.FAILED:
            failures, began = link.failures + 1, link.first_failed_at or now
            changes = {
                "checked_at": now,
                "failures": failures,
                "first_failed_at": began,
                # 2 to the power of more than 5 is more than LONGEST_DAYS.
                "next_check_at": now + min(2 ** min(failures, 5), LONGEST_DAYS) * DAY,
            }
            if failures >= DEAD_AFTER and now - began >= DEAD_DAYS * DAY:
                changes |= {"state": Link.State.DEAD, "moved_to": ""}
            return changes
    wait = LONGEST_DAYS * DAY
    if visit.status_code in ASKS_TO_WAIT:
        seconds = datetime.timedelta(seconds=visit.retry_after or 0)
        wait = min(max(seconds, DAY), wait)
    return {
        "state": Link.State(visit.result),
        "moved_to": visit.location if visit.result == Result.MOVED else "",
        "checked_at": now,
        "failures": 0,
        "first_failed_at": None,
        "next_check_at": now + wait,
    }


def check_soon(links: Collection[Link]) -> None:
    """Have links visited by the next batch."""
    now = timezone.now()
    Link.objects.filter(pk__in=[link.pk for link in links]).update(next_check_at=now)


def found_fine(link: Link, person: str) -> None:
    """A person has looked at it and it is what was cited. It is left alone for a while."""
    now = timezone.now()
    visit = Visit(Result.OK, f"{person} has looked at it.", method=LinkVisit.BY_HAND)
    changes = changes_after(link, visit, now)
    changes["next_check_at"] = now + DAYS_AFTER_A_LOOK * DAY
    _keep(link, Link.objects.filter(pk=link.pk), changes, visit, now)


def follow_citations() -> None:
    """Add the addresses that are cited now; drop those that are not, with what was found."""
    cited = [_cited(Source, "case_study"), _cited(Reference, "topic")]
    gone = Link.objects.all()
    for works in cited:
        gone = gone.exclude(url__in=works.values("url"))
    gone.delete()
    known = Link.objects.values("url")
    unknown = [works.exclude(url__in=known).values_list("url", flat=True) for works in cited]
    new = {url for urls in unknown for url in urls}
    Link.objects.bulk_create(
        (Link(url=url, host=host_of(url)) for url in sorted(new)), ignore_conflicts=True
    )
    # The row of a host is made again when it is asked again.
    LinkHost.objects.filter(free_at__lt=timezone.now() - DAY).delete()


def citations(urls: Iterable[str]) -> dict[str, list]:
    """The published cases and topics that cite each of these addresses. Two queries."""
    wanted, found = set(urls), defaultdict(list)
    for model, name in ((Source, "case_study"), (Reference, "topic")):
        for work in _cited(model, name).filter(url__in=wanted).select_related(name):
            entry = getattr(work, name)
            if entry not in found[work.url]:
                found[work.url].append(entry)
    return dict(found)


def user_agent() -> str:
    site = f"; {settings.SITE_URL}" if settings.SITE_URL else ""
    return f"Casebook/{settings.RELEASE} (checks cited links{site})"


def _cited(model, name: str):
    """The works with an address that published entries cite."""
    published = {f"{name}__state": State.PUBLISHED, f"{name}__draft_of": None}
    return model.objects.filter(**published).exclude(url="").order_by()


def _anything_answers(now: datetime.datetime) -> bool:
    since = now - ANSWERED_DAYS * DAY
    return LinkVisit.objects.filter(status_code__isnull=False, at__gte=since).exists()


def _keep(link: Link, held, changes: dict, visit: Visit, now: datetime.datetime) -> bool:
    with transaction.atomic():
        if not held.update(**changes):
            return False
        LinkVisit.objects.create(
            link=link,
            at=now,
            state=visit.result,
            status_code=visit.status_code,
            location=visit.location,
            detail=visit.detail,
            method=visit.method,
        )
        old = LinkVisit.objects.filter(link=link).values_list("pk", flat=True)[KEPT_VISITS:]
        LinkVisit.objects.filter(pk__in=list(old)).delete()
        before = (link.state, link.moved_to)
        if before != (changes.get("state", before[0]), changes.get("moved_to", before[1])):
            raise_content_version()
    return True
