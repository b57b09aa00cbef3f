"""What has gone stale among what readers see, a list for each reason. Each is bounded."""

import datetime
import time
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, F, Q
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from kb.check import said_of
from kb.drafts import faults_of
from kb.linkchecks.checks import citations
from kb.models import CaseStudy, Claim, ComponentType, Link, Quantity, Topic
from kb.models.entry import Entry
from rest.version import content_version

# Of each list.
MOST = 50
# Rendering a case takes a tenth of a second: so long each time the page is asked for.
SECONDS_RENDERING = 3
DAY = 24 * 3600


class Stale(NamedTuple):
    """What is stale, why, and the row whose page mends it."""

    row: object
    title: str
    why: str


class Stales(NamedTuple):
    """One list: its heading, what to do, the first of them, and how many there are."""

    heading: str
    what: str
    found: list[Stale]
    count: int


def everything() -> list[Stales]:
    return [
        not_looked_at(),
        failing_cases(),
        rotten_sources(),
        weak_claims(),
        wanted_topics(),
        unused_words(),
    ]


def not_looked_at() -> Stales:
    """Published entries that nobody has reviewed or changed for long."""
    days = settings.STALE_AFTER
    before = timezone.now() - datetime.timedelta(days=days)
    found, count = [], 0
    for model in Entry.__subclasses__():
        looked = Coalesce(Greatest("reviewed_at", "updated_at"), F("updated_at"))
        old = model.objects.published().annotate(looked_at=looked).filter(looked_at__lt=before)
        count += old.count()
        rows = old.only("slug", "title", "draft_of", "reviewed_at", "updated_at")
        found += rows.order_by("looked_at")[:MOST]
    found.sort(key=lambda entry: entry.looked_at)
    return Stales(
        f"Not looked at for {days} days",
        "Read it again, publish it anew: that counts as a look.",
        [
            Stale(entry, entry.title, f"{entry.TYPE}, last {entry.looked_at:%Y-%m-%d}")
            for entry in found[:MOST]
        ],
        count,
    )


def failing_cases() -> Stales:
    """Published cases that could not be published as they stand now; some more at each look."""
    key = f"stale-cases-{settings.RELEASE}-{content_version()}"
    last, failing = cache.get(key, (0, {}))
    left = CaseStudy.objects.published().order_by("pk").values_list("pk", flat=True)
    until = time.monotonic() + SECONDS_RENDERING
    for pk in left.filter(pk__gt=last):
        if time.monotonic() > until:
            break
        case = CaseStudy.objects.filter(pk=pk).first()
        if case and (faults := faults_of(case)):
            failing[pk] = said_of(faults[0])
        last = pk
    cache.set(key, (last, failing), DAY)
    unseen = left.filter(pk__gt=last).count()
    cases = CaseStudy.objects.published().filter(pk__in=failing).only("title", "draft_of")
    more = f" {unseen} more are looked at when this page is opened again." if unseen else ""
    return Stales(
        "Could not be published today",
        "A rule, a word or a link changed since they were published." + more,
        [Stale(case, case.title, failing[case.pk]) for case in cases[:MOST]],
        len(failing),
    )


def rotten_sources() -> Stales:
    """Addresses that published entries cite and that are dead, moved or blocked."""
    rotten = Link.objects.filter(state__in=["dead", "moved", "blocked"]).order_by("state", "url")
    links = list(rotten[:MOST])
    cited = citations(link.url for link in links)
    found = []
    for link in links:
        moved = f" to {link.moved_to}" if link.moved_to else ""
        why = f"{link.url} {link.get_state_display()}{moved}"
        found += [Stale(entry, entry.title, why) for entry in cited.get(link.url, [])]
    return Stales(
        "Sources whose address is dead, moved or blocked",
        "Find the new address, or an archived copy.",
        found[:MOST],
        rotten.count(),
    )


def weak_claims() -> Stales:
    """Claims of published cases that nobody has read in an original."""
    weak = Claim.objects.published().filter(confidence__in=["secondary", "unverified"])
    claims = weak.select_related("case_study").order_by("-confidence", "case_study__title", "pk")
    return Stales(
        "Claims that are secondary or not verified",
        "Find where the number was first published.",
        [
            Stale(
                claim.case_study,
                f"{claim.case_study.title}: {claim.key}",
                f"{claim.get_confidence_display()}: {claim.text}",
            )
            for claim in claims[:MOST]
        ],
        weak.count(),
    )


def wanted_topics() -> Stales:
    """Planned topics, those first that published texts name most."""
    published = Q(case_studies__state="published", case_studies__draft_of=None)
    needing = Q(needed_by__state="published", needed_by__draft_of=None)
    planned = Topic.objects.filter(state="planned", draft_of=None).annotate(
        named=Count("case_studies", filter=published, distinct=True)
        + Count("needed_by", filter=needing, distinct=True)
    )
    wanted = planned.filter(named__gt=0).only("title", "slug", "draft_of")
    return Stales(
        "Planned topics that published texts name",
        "Write the ones first that most texts name.",
        [
            Stale(topic, topic.title, f"named by {topic.named}")
            for topic in wanted.order_by("-named", "title")[:MOST]
        ],
        wanted.count(),
    )


def unused_words() -> Stales:
    """Quantities and components of the vocabulary that no case uses."""
    quantities = Quantity.objects.filter(claims=None)
    components = ComponentType.objects.filter(components=None)
    found = [Stale(row, row.name, "quantity") for row in quantities[:MOST]]
    found += [Stale(row, row.name, "component") for row in components[:MOST]]
    return Stales(
        "Words of the vocabulary that no case uses",
        "A word that nobody needs only makes the choice harder.",
        found[:MOST],
        quantities.count() + components.count(),
    )
