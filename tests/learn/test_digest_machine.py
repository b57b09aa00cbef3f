"""Days of the digest while things are published, withdrawn and pinned in any order."""

import dataclasses
import datetime
import json
from unittest import mock

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.models import Card
from learn import digest
from learn.models import Digest
from rest.version import content_version

MONDAY = datetime.date(2026, 11, 23)
A_DAY = datetime.timedelta(days=1)
TYPES = {"topic": "topic", "problem": "problem", "case_study": "case-study"}
TECHNIQUES = ["softmax", "attention"]


def card(type_: str, number: int) -> Card:
    """Each text of it has its name in it, which is part of no other name."""
    slug = f"{type_}-{number}"
    extra = {
        "topic": {"plan": f"plan-{number % 2}", "chapter": "all", "position": number}
        | {"prerequisites": [f"topic-{number - 1}"] if number else []},
        "problem": {"difficulty": "easy", "cases": [f"case-study-{number}"], "position": number},
        "case-study": {"company": f"Maker of {slug}.", "domain": "other"},
    }.get(type_, {})
    topics = {"topic": [slug], "problem": [f"topic-{number}"]}.get(type_, [])
    named = {"title": f"About {slug}.", "summary": "", "url": f"/{slug}./"}
    said = {"text": f"This is {slug}.", "formula_html": f"<math>{slug}.</math>"}
    return Card(
        **{"type": type_, "slug": slug, "topics": topics, "extra": extra, **named},
        techniques=[TECHNIQUES[number % 2]] if number % 3 else [],
        digest=said if type_ in TYPES.values() else {},
    )


THINGS = [(type_, number) for type_ in TYPES.values() for number in range(4)]
THINGS += [("study-plan", 0), ("study-plan", 1)]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.sets(st.sampled_from(THINGS), min_size=1)),
        st.tuples(st.just("withdraw"), st.sets(st.sampled_from(THINGS), min_size=1)),
        st.tuples(st.just("days pass"), st.integers(1, 3)),
        st.tuples(st.just("fix"), st.none()),
    ),
    max_size=12,
)


def said(day: digest.Day) -> str:
    fields = dataclasses.asdict(day) | {"pinned": sorted(day.pinned)}
    del fields["is_fixed"], fields["updated_at"]
    return json.dumps(fields, default=str)


class Site:
    """A site at noon of a day, and what has been seen of it."""

    def __init__(self) -> None:
        self.today = MONDAY
        # What each day said in the end, when it was over.
        self.over: dict[datetime.date, digest.Day] = {}
        Card.objects.all().delete()

    def now(self) -> datetime.datetime:
        return datetime.datetime.combine(self.today, datetime.time(12), datetime.UTC)

    def publish(self, things) -> None:
        there = self.there()
        Card.objects.bulk_create(card(*thing) for thing in sorted(things - there))

    def withdraw(self, things) -> None:
        for type_, number in things:
            Card.objects.filter(type=type_, slug=f"{type_}-{number}").delete()

    def there(self) -> set:
        slugs = Card.objects.values_list("type", "slug")
        return {(type_, int(slug.rpartition("-")[2])) for type_, slug in slugs}

    def days_pass(self, count: int) -> None:
        digest.fix_due_days()
        self.today += count * A_DAY

    def check(self) -> None:
        there = {f"{type_}-{number}" for type_, number in self.there()}
        seen = self.seen()
        days = list(digest.days())
        before = [said(day) for day in days]
        assert [said(digest.day(day.date)) for day in days] == before
        digest.fix_due_days()
        version = content_version()
        assert [said(day) for day in digest.days()] == before
        assert digest.fix_due_days() == 0
        assert content_version() == version
        for slug in {f"{type_}-{number}" for type_, number in THINGS} - there:
            assert f"{slug}." not in "".join(before), "what was withdrawn is said"
        for day in days:
            if day.date < self.today:
                self.over.setdefault(day.date, day)
            self.check_parts(day, there)
        self.check_rounds(seen, there)

    def check_parts(self, day: digest.Day, there: set[str]) -> None:
        was = self.over.get(day.date, day)
        for part, type_ in TYPES.items():
            shown, had = getattr(day, part), getattr(was, part)
            is_any = any(slug.startswith(f"{type_}-") for slug in there)
            assert is_any or shown is None
            if day.date == self.today or had:
                assert (shown is not None) == is_any
            if had and had["slug"] in there:
                assert shown == had, "a day that is over says what it said"

    def seen(self) -> dict[str, tuple[int, set[str]]]:
        """By part, the round and what had its day in it."""
        rows = list(Digest.objects.fixed())
        found = {}
        for part in TYPES:
            number = max((getattr(row, f"{part}_round") for row in rows), default=0)
            slugs = {getattr(row, part) for row in rows if getattr(row, f"{part}_round") == number}
            found[part] = (number, slugs - {""})
        return found

    def check_rounds(self, before: dict[str, tuple[int, set[str]]], there: set[str]) -> None:
        rows = list(Digest.objects.fixed())
        for part, type_ in TYPES.items():
            shown = [
                (getattr(row, f"{part}_round"), getattr(row, part))
                for row in rows
                if getattr(row, part)
            ]
            assert len(set(shown)) == len(shown), "something came twice in a round"
            number, slugs = before[part]
            published = {slug for slug in there if slug.startswith(f"{type_}-")}
            if number and self.seen()[part][0] > number and not published <= slugs:
                later = {slug for round_, slug in shown if round_ == number}
                assert published <= later, "a round began before everything had its day"


@pytest.mark.django_db
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.sets(st.sampled_from(THINGS)), STEPS)
def test_whatever_is_published_and_withdrawn_the_days_keep_their_word(things, steps):
    with transaction.atomic():
        site = Site()
        with mock.patch.object(timezone, "now", site.now):
            site.publish(things)
            for step, what in steps:
                if step == "publish":
                    site.publish(what)
                elif step == "withdraw":
                    site.withdraw(what)
                elif step == "days pass":
                    site.days_pass(what)
                else:
                    digest.fix_due_days()
                site.check()
        transaction.set_rollback(True)
