"""What each day of the digest says: before it is fixed, then, and after something was withdrawn."""

import dataclasses
import datetime
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from kb.models import Card, CaseStudy
from learn import digest
from learn.introductions import NOTHING
from learn.models import Digest
from rest.version import content_version
from tests.learn.made_up import publish_made_up
from tests.learn.many import publish_many, withdraw

MONDAY = datetime.date(2026, 11, 23)
A_DAY = datetime.timedelta(days=1)
PARTS = ("topic", "problem", "case_study")
TYPES = {"topic": "topic", "problem": "problem", "case_study": "case-study"}


@pytest.fixture
def on(monkeypatch):
    """`on(MONDAY)` makes it noon of that day; the schedule has not run, save with `fixed`."""

    def go(date, *, fixed=False):
        moment = datetime.datetime.combine(date, datetime.time(12), datetime.UTC)
        monkeypatch.setattr(timezone, "now", lambda: moment)
        if fixed:
            digest.fix_due_days()

    return go


@pytest.fixture
def made_up(db):
    publish_made_up()


@pytest.fixture
def fortnight(made_up, on):
    """Fourteen days that the schedule fixed; the last of them is today."""
    for number in range(14):
        on(MONDAY + number * A_DAY, fixed=True)
    return [MONDAY + number * A_DAY for number in range(14)]


def said(day) -> str:
    """All that a day says, byte for byte; not since when."""
    fields = dataclasses.asdict(day) | {"pinned": sorted(day.pinned)}
    del fields["is_fixed"], fields["updated_at"]
    return json.dumps(fields, default=str, ensure_ascii=False)


def says(days) -> list[str]:
    return [said(day) for day in days]


def slugs(day) -> list[str]:
    return [getattr(day, part) and getattr(day, part)["slug"] for part in PARTS]


def card_of(day, part: str) -> Card:
    return Card.objects.get(type=TYPES[part], slug=getattr(day, part)["slug"])


def publish_again(card: Card) -> None:
    card.pk = None
    card.save(force_insert=True)


# --- Fixed, by the schedule only ----------------------------------------------------------------


def test_who_asks_before_a_day_is_fixed_is_answered_with_what_will_be_fixed(made_up, on):
    for number in range(20):
        on(MONDAY + number * A_DAY)
        date = digest.today()
        before = digest.day(date)
        assert not before.is_fixed
        assert digest.fix_due_days() == 1
        after = digest.day(date)
        assert after.is_fixed
        assert said(after) == said(before)
        assert after.updated_at == before.updated_at


def test_days_that_were_missed_are_fixed_in_order_as_they_would_have_been(made_up, on):
    on(MONDAY, fixed=True)
    foreseen = says(digest.coming(6))
    on(MONDAY + 6 * A_DAY)
    before = says(digest.days())
    assert digest.fix_due_days() == 6
    assert says(digest.days()) == before
    assert before[5::-1] == foreseen
    assert [row.date for row in Digest.objects.fixed()] == [
        MONDAY + number * A_DAY for number in range(6, -1, -1)
    ]


def test_fixing_again_changes_nothing(fortnight):
    rows, version = list(Digest.objects.values()), content_version()
    assert digest.fix_due_days() == 0
    assert (list(Digest.objects.values()), content_version()) == (rows, version)


def test_the_content_is_another_version_once_days_are_fixed(made_up, on):
    on(MONDAY)
    version = content_version()
    digest.day(MONDAY)
    assert content_version() == version
    digest.fix_due_days()
    assert content_version() > version


def test_a_day_that_somebody_fixed_meanwhile_is_not_fixed_twice(made_up, on, monkeypatch):
    """Two found the same days open; one of them writes while the other still chooses."""
    on(MONDAY, fixed=True)
    on(MONDAY + 3 * A_DAY)
    tell, changed = digest.tell, []

    def tell_late(plans):
        monkeypatch.setattr(digest, "tell", tell)
        changed.append(digest.fix_due_days())
        # What the first one chose from is not what the second has.
        Card.objects.filter(type="topic").update(title="Another title")
        return tell(plans)

    monkeypatch.setattr(digest, "tell", tell_late)
    assert digest.fix_due_days() == 0
    assert changed == [3]
    assert Digest.objects.count() == 4
    titles = [day.topic["title"] for day in digest.days()]
    assert "Another title" not in titles


@pytest.mark.django_db(transaction=True)
def test_many_that_fix_the_same_days_at_once_fix_each_once(on):
    publish_made_up()
    on(MONDAY, fixed=True)
    on(MONDAY + 9 * A_DAY)
    before = says(digest.days())
    start = threading.Barrier(4)

    def fix(_number) -> int:
        try:
            start.wait(30)
            return digest.fix_due_days()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(fix, range(4))) == 9
    assert says(digest.days()) == before
    assert Digest.objects.fixed().count() == 10


@pytest.mark.parametrize(
    ("days", "says"),
    [
        (0, "No days of the digest changed.\n"),
        (1, "1 day of the digest changed.\n"),
        (2, "2 days of the digest changed.\n"),
    ],
)
def test_the_command_fixes_what_is_due_and_says_so(made_up, on, days, says):
    on(MONDAY, fixed=True)
    on(MONDAY + days * A_DAY)
    output = StringIO()
    call_command("fix_digest", stdout=output)
    assert output.getvalue() == says


# --- What a day said, it says ---------------------------------------------------------------------


def test_a_past_day_says_what_it_said_though_titles_and_texts_change(fortnight):
    before = says(digest.days())
    Card.objects.update(title="Renamed", url="/moved/", digest={"text": "Rewritten."})
    digest.fix_due_days()
    assert says(digest.days()) == before


def test_a_past_day_says_what_it_said_though_more_is_published(made_up, on):
    held = Card.objects.get(type="topic", slug="odds")
    held.delete()
    for number in range(5):
        on(MONDAY + number * A_DAY, fixed=True)
    before = says(digest.days())
    publish_again(held)
    assert says(digest.days()) == before


def test_the_days_are_a_sequence_and_what_lies_outside_is_no_day(fortnight):
    days = digest.days()
    assert len(days) == 14
    assert [day.date for day in days[2:5]] == [fortnight[11], fortnight[10], fortnight[9]]
    assert days[0] == days[-14] == digest.day(fortnight[-1])
    assert days[20:30] == []
    with pytest.raises(IndexError):
        days[14]
    assert digest.day(MONDAY - A_DAY) is None
    assert digest.day(fortnight[-1] + A_DAY) is None
    assert [day.date for day in digest.coming(2)] == [fortnight[-1] + n * A_DAY for n in (1, 2)]
    assert digest.coming(0) == []


# --- Withdrawn ------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", PARTS)
def test_what_was_withdrawn_is_replaced_marked_and_comes_back(fortnight, part):
    date = fortnight[3]
    before = digest.day(date)
    card = card_of(before, part)
    card.delete()

    replaced = digest.day(date)
    assert getattr(replaced, part)["slug"] != card.slug
    for name in PARTS:
        if name == part:
            assert getattr(replaced, name)["replaced"] is True
        else:
            assert getattr(replaced, name) == getattr(before, name)
    assert said(digest.day(date)) == said(replaced)

    shown = says(digest.days())
    version = content_version()
    assert digest.fix_due_days() > 0
    assert content_version() > version
    assert says(digest.days()) == shown
    assert digest.day(date).updated_at > before.updated_at
    assert digest.fix_due_days() == 0

    publish_again(card)
    digest.fix_due_days()
    assert slugs(digest.day(date)) == slugs(before)
    assert digest.day(date).introduction == before.introduction
    assert not getattr(digest.day(date), part)["replaced"]


def test_nothing_that_was_withdrawn_is_named_anywhere(fortnight):
    """Each card in turn: parts, and what only the introductions name."""
    before = {day.date: day for day in digest.days()}
    for card in list(Card.objects.exclude(title__in=["Heaps", "Fair trials"])):
        row = Card.objects.get(pk=card.pk)
        row.delete()
        read = "\n".join(says(digest.days()))
        digest.fix_due_days()
        kept = "\n".join(says(digest.days()))
        name = card.title.casefold()
        assert name not in read.casefold()
        assert name not in kept.casefold()
        publish_again(row)
        digest.fix_due_days()
    for day in digest.days()[1:]:
        assert slugs(day) == slugs(before[day.date])
        assert day.introduction == before[day.date].introduction


def test_a_replacement_that_is_withdrawn_too_is_replaced_again(fortnight):
    date, gone = fortnight[2], []
    for _ in range(4):
        card = card_of(digest.day(date), "topic")
        card.delete()
        gone.append(card.slug)
        digest.fix_due_days()
        topic = digest.day(date).topic
        assert topic["slug"] not in gone
        assert topic["replaced"]


def test_todays_replacement_is_its_own_from_then_on(fortnight):
    today = fortnight[-1]
    before = digest.day(today)
    card = card_of(before, "problem")
    card.delete()
    digest.fix_due_days()
    replaced = digest.day(today)
    assert replaced.problem["replaced"]
    publish_again(card)
    assert digest.fix_due_days() == 0
    assert said(digest.day(today)) == said(replaced)


def test_everything_withdrawn_overnight_leaves_days_that_say_so(fortnight, on):
    before = {day.date: day for day in digest.days()}
    cards = list(Card.objects.all())
    Card.objects.all().delete()
    tomorrow = fortnight[-1] + A_DAY
    on(tomorrow)
    for _ in range(2):
        for day in digest.days():
            assert slugs(day) == [None, None, None]
            assert day.introduction == NOTHING
        digest.fix_due_days()
    assert digest.fix_due_days() == 0
    for card in cards:
        publish_again(card)
    digest.fix_due_days()
    for day in digest.days()[1:]:
        assert slugs(day) == slugs(before[day.date])
    assert None not in slugs(digest.day(tomorrow))


# --- The empty and the single ---------------------------------------------------------------------


def test_an_empty_catalogue_has_days_that_say_so(db, on):
    Card.objects.all().delete()
    on(MONDAY)
    before = digest.day(MONDAY)
    assert slugs(before) == [None, None, None]
    assert before.introduction == NOTHING
    assert digest.fix_due_days() == 1
    assert said(digest.day(MONDAY)) == said(before)
    assert [slugs(day) for day in digest.coming(2)] == [[None] * 3] * 2
    assert digest.fix_due_days() == 0


def test_a_single_case_study_is_every_days(made_up, on):
    Card.objects.filter(type__in=["topic", "problem"]).delete()
    Card.objects.filter(type="case-study").exclude(slug="fraud").delete()
    for number in range(4):
        on(MONDAY + number * A_DAY, fixed=True)
    for day in digest.days():
        assert slugs(day) == [None, None, "fraud"]
        assert "Veritas" in day.introduction
        assert "Who is lying" in day.introduction


def test_what_is_published_today_fills_what_today_lacks_but_not_what_was_missing_before(
    made_up, on
):
    problems = list(Card.objects.filter(type="problem"))
    Card.objects.filter(type="problem").delete()
    on(MONDAY, fixed=True)
    on(MONDAY + A_DAY, fixed=True)
    topic = digest.day(MONDAY + A_DAY).topic
    for card in problems:
        publish_again(card)
    before = digest.day(MONDAY + A_DAY)
    assert digest.fix_due_days() == 1
    after = digest.day(MONDAY + A_DAY)
    assert after.problem is not None
    assert not after.problem["replaced"]
    assert after.topic == topic
    assert (slugs(after), after.introduction) == (slugs(before), before.introduction)
    assert digest.day(MONDAY).problem is None


def test_what_has_no_text_for_the_digest_is_not_in_it(made_up, on):
    Card.objects.filter(type="topic").exclude(slug="rare").update(digest={})
    Card.objects.filter(type="problem").exclude(slug="late").update(digest={"text": ""})
    on(MONDAY)
    assert slugs(digest.day(MONDAY))[:2] == ["rare", "late"]


# --- What curators chose --------------------------------------------------------------------------


def test_a_pin_is_used_on_its_day_and_waits_for_it(db, on):
    publish_many(5)
    on(MONDAY)
    topic = digest.day(MONDAY).topic["slug"]
    row = Digest(date=MONDAY + 3 * A_DAY)
    row.pinned_topic = Digest._meta.get_field("pinned_topic").related_model.objects.get(slug=topic)
    row.save()
    for number in range(4):
        on(MONDAY + number * A_DAY, fixed=True)
    shown = [day.topic["slug"] for day in digest.days()]
    assert shown[0] == topic
    assert topic not in shown[1:]
    assert digest.day(row.date).pinned == {"topic"}
    withdraw(row.pinned_topic)
    assert digest.day(row.date).pinned == frozenset()


def test_a_curators_introduction_is_used_until_a_part_is_replaced(made_up, on):
    Digest.objects.create(date=MONDAY + A_DAY, introduction="My own words.")
    on(MONDAY, fixed=True)
    assert [day.introduction for day in digest.coming(1)] == ["My own words."]
    on(MONDAY + A_DAY)
    assert digest.day(MONDAY + A_DAY).introduction == "My own words."
    digest.fix_due_days()
    day = digest.day(MONDAY + A_DAY)
    assert day.introduction == "My own words."
    on(MONDAY + 2 * A_DAY, fixed=True)
    card = card_of(day, "case_study")
    card.delete()
    assert digest.day(day.date).introduction not in ("My own words.", "")
    digest.fix_due_days()
    assert digest.day(day.date).introduction not in ("My own words.", "")
    publish_again(card)
    assert digest.day(day.date).introduction == "My own words."


def test_an_introduction_of_what_is_withdrawn_before_its_day_is_never_shown(shipped, on):
    on(MONDAY, fixed=True)
    case = CaseStudy.objects.get(slug=digest.coming(1)[0].case_study["slug"])
    Digest.objects.create(
        date=MONDAY + A_DAY, introduction=f"All about {case.title}.", pinned_case_study=case
    )
    assert [day.introduction for day in digest.coming(1)] == [f"All about {case.title}."]
    card = card_of(digest.coming(1)[0], "case_study")
    card.delete()
    assert case.title not in digest.coming(1)[0].introduction
    on(MONDAY + A_DAY)
    assert case.title not in digest.day(MONDAY + A_DAY).introduction
    digest.fix_due_days()
    assert case.title not in digest.day(MONDAY + A_DAY).introduction


# --- When a day begins ----------------------------------------------------------------------------

BEGINNINGS = [
    # Clocks go forward on 28 March 2027 and back on 25 October 2026.
    ("Europe/Berlin", "2027-03-27T23:00Z", datetime.date(2027, 3, 28)),
    ("Europe/Berlin", "2027-03-28T22:00Z", datetime.date(2027, 3, 29)),
    ("Europe/Berlin", "2026-10-24T22:00Z", datetime.date(2026, 10, 25)),
    ("Europe/Berlin", "2026-10-25T23:00Z", datetime.date(2026, 10, 26)),
    ("America/New_York", "2026-11-01T04:00Z", datetime.date(2026, 11, 1)),
    ("America/New_York", "2026-11-02T05:00Z", datetime.date(2026, 11, 2)),
    ("Pacific/Apia", "2026-11-30T11:00Z", datetime.date(2026, 12, 1)),
    # This day begins at one o'clock: there is no midnight.
    ("America/Santiago", "2026-09-06T04:00Z", datetime.date(2026, 9, 6)),
    ("America/Santiago", "2026-09-07T03:00Z", datetime.date(2026, 9, 7)),
    ("UTC", "2026-12-01T00:00Z", datetime.date(2026, 12, 1)),
]


@pytest.mark.parametrize(("zone", "moment", "date"), BEGINNINGS)
def test_a_day_begins_at_the_midnight_of_the_sites_place(
    made_up, settings, monkeypatch, zone, moment, date
):
    settings.TIME_ZONE = zone
    begins = datetime.datetime.fromisoformat(moment)
    monkeypatch.setattr(timezone, "now", lambda: begins - datetime.timedelta(seconds=1))
    assert digest.today() == date - A_DAY
    assert digest.fix_due_days() == 1
    assert digest.day(date) is None
    monkeypatch.setattr(timezone, "now", lambda: begins)
    # Whatever zone somebody is answered in.
    for other in ("UTC", "Pacific/Kiritimati", "America/Los_Angeles"):
        with timezone.override(other):
            assert digest.today() == date
            assert len(digest.days()) == 2
            assert digest.day(date).updated_at == begins
    with timezone.override("Pacific/Pago_Pago"):
        assert digest.fix_due_days() == 1
    assert digest.day(date).updated_at == begins
    assert digest.fix_due_days() == 0
