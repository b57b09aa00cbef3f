"""The coming weeks of the digest in the admin: pinned, swapped, introduced and looked at before."""

import datetime
import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from kb.models import CaseStudy, Topic
from learn import digest, planning
from learn.models import Digest
from problems.models import Problem
from rest.version import content_version
from tests.kb.admin_forms import errors_of, fields_of
from tests.learn.many import publish_many, withdraw

PLAN = reverse("admin:learn_digest_changelist")
PAST = reverse("admin:learn_digest_past")
PARTS = ("topic", "problem", "case_study")
A_DAY = datetime.timedelta(days=1)


@pytest.fixture
def today(db):
    """Forty of each are published, and today is fixed."""
    publish_many(40)
    digest.fix_due_days()
    return digest.today()


def url(name: str, date) -> str:
    return reverse(f"admin:learn_digest_{name}", args=[str(date) if name == "change" else date])


def item(date) -> planning.Planned:
    return planning.planned([date])[0]


def shown(date) -> list[str]:
    day = item(date).day
    return [getattr(day, part)["slug"] for part in PARTS]


def post(client, name: str, date, **fields):
    """As a button of the list does: with what its page said of the day."""
    return client.post(url(name, date), {"seen": item(date).seen} | fields, follow=True)


def swap(client, one, other, part=""):
    return post(client, "swap", one, **{"with": f"{other}.{item(other).seen}", "part": part})


def edit(client, date, **changes):
    page = client.get(url("change", date))
    return client.post(url("change", date), fields_of(page) | changes, follow=True)


def text_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


# --- who may ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cora", "rita", "admin"])
def test_who_curates_sees_and_plans_the_coming_days(today, client_as, request, name):
    client = client_as(request.getfixturevalue(name))
    assert client.get(PLAN).status_code == 200
    assert client.get(PAST).status_code == 200
    date = today + A_DAY
    for page in ("change", "swap-with", "preview"):
        assert client.get(url(page, date)).status_code == 200
    assert "Pinned on" in text_of(post(client, "pin", date, part="topic"))
    assert Digest.objects.get(date=date).pinned_topic.slug == shown(date)[0]


def test_an_operator_and_a_learner_do_neither(today, client_as, client, oscar, ada):
    date = today + A_DAY
    for user, refusal in [(oscar, 403), (ada, 302), (None, 302)]:
        client = client_as(user) if user else type(client)()
        pages = [PLAN, PAST, *(url(name, date) for name in ("change", "swap-with", "preview"))]
        assert [client.get(page).status_code for page in pages] == [refusal] * len(pages)
        for name in ("pin", "unpin", "swap", "change"):
            data = {"seen": item(date).seen, "introduction": "Mine.", "part": "topic"}
            assert client.post(url(name, date), data).status_code == refusal
        preview = client.get(f"/preview/digest/{date}/")
        assert preview.status_code == (404 if user is oscar else 302)
    assert Digest.objects.count() == 1


def test_who_only_views_is_offered_nothing_and_may_do_nothing(today, client_as):
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_digest"))
    client, date = client_as(viewer), today + A_DAY
    html = client.get(PLAN).content.decode()
    assert "Swap with" not in html
    assert "<button formaction" not in html
    assert client.get(url("swap-with", date)).status_code == 403
    assert post(client, "pin", date).status_code == 403
    assert client.post(url("change", date), {"introduction": "Mine."}).status_code == 403
    assert Digest.objects.count() == 1


def test_a_form_without_the_token_of_the_page_changes_nothing(today, cora, client):
    strict = type(client)(enforce_csrf_checks=True)
    strict.force_login(cora)
    date = today + A_DAY
    assert strict.post(url("pin", date), {"seen": item(date).seen}).status_code == 403
    for name in ("pin", "unpin", "swap"):
        assert strict.get(url(name, date)).status_code == 405
    assert not Digest.objects.filter(date=date).exists()


def test_the_sidebar_leads_to_it_for_those_who_may(today, client_as, cora, oscar):
    assert f'href="{PLAN}"' in client_as(cora).get("/admin/").content.decode()
    assert f'href="{PLAN}"' not in client_as(oscar).get("/admin/").content.decode()


# --- the list --------------------------------------------------------------------------------


def test_the_list_has_four_weeks_from_today_on_and_more_on_request(today, client_as, cora):
    client = client_as(cora)
    html = client.get(PLAN).content.decode()
    listed = re.findall(r'id="day-([0-9-]+)"', html)
    assert listed == [str(today + n * A_DAY) for n in range(28)]
    assert len(re.findall(r'id="day-', client.get(f"{PLAN}?days=56").content.decode())) == 56
    # Whatever stands there, between four weeks and half a year.
    for asked, count in [("", 28), ("-3", 28), ("x", 28), ("5", 28), ("9999", 182), ("9" * 99, 28)]:
        assert len(re.findall(r'id="day-', client.get(PLAN, {"days": asked}).content.decode())) == (
            count
        )


def test_the_list_shows_what_readers_will_see_when_the_day_comes(
    today, client_as, cora, monkeypatch
):
    html = text_of(client_as(cora).get(PLAN))
    there = {date: shown(date) for date in (today + n * A_DAY for n in range(4))}
    last = today + 3 * A_DAY
    noon = datetime.datetime.combine(last, datetime.time(12), datetime.UTC)
    monkeypatch.setattr(timezone, "now", lambda: noon)
    digest.fix_due_days()
    for date, slugs in there.items():
        day = digest.day(date)
        assert [getattr(day, part)["slug"] for part in PARTS] == slugs
        assert all(getattr(day, part)["title"] in html for part in PARTS)


def test_reading_it_changes_nothing(today, client_as, cora):
    client = client_as(cora)
    before = list(Digest.objects.values())
    for page in [PLAN, PAST, *(url(name, today + A_DAY) for name in ("change", "preview"))]:
        client.get(page)
        client.get(page)
    assert list(Digest.objects.values()) == before
    assert not LogEntry.objects.exists()


def test_a_thousand_of_each_are_listed_in_few_queries(
    db, client_as, cora, django_assert_max_num_queries
):
    publish_many(1000)
    digest.fix_due_days()
    client = client_as(cora)
    client.get(PLAN)
    with django_assert_max_num_queries(15):
        response = client.get(PLAN)
    assert response.status_code == 200
    assert len(response.content) < 300_000


def test_an_empty_catalogue_is_listed_as_empty_days(db, client_as, cora):
    publish_many(0)
    client = client_as(cora)
    assert text_of(client.get(PLAN)).count("nothing is published") == 28 * 3
    date = digest.today() + A_DAY
    assert client.get(url("change", date)).status_code == 200
    assert client.get(f"/preview/digest/{date}/").status_code == 200
    assert "has no topic to pin" in text_of(post(client, "pin", date))
    # Two days without anything still change their introductions.
    edit(client, date, introduction="Nothing yet.")
    swap(client, date, date + A_DAY)
    assert [row.date for row in Digest.objects.filter(introduction__gt="")] == [date + A_DAY]


# --- pins ------------------------------------------------------------------------------------


def test_what_is_pinned_stays_and_no_day_before_it_has_it(today, client_as, cora):
    client, date = client_as(cora), today + 10 * A_DAY
    pins = [Topic.objects.get(slug="topic-3"), Problem.objects.get(slug="problem-4")]
    pins.append(CaseStudy.objects.get(slug="case-5"))
    names = [pin.slug for pin in pins]
    response = edit(
        client, date, **{f"pinned_{part}": pin.pk for part, pin in zip(PARTS, pins, strict=True)}
    )
    assert f"Saved: {planning.name_of(date)}." in text_of(response)
    assert shown(date) == names
    assert item(date).day.pinned == set(PARTS)
    others = [shown(today + n * A_DAY) for n in range(30) if n != 10]
    for place, name in enumerate(names):
        assert name not in [slugs[place] for slugs in others]
    listed = text_of(client.get(PLAN))
    assert listed.count('<strong class="plan-pin">pinned</strong>') == 3
    assert "3 parts pinned" in listed


def test_a_part_is_pinned_as_it_stands_and_unpinned(today, client_as, cora):
    client, date = client_as(cora), today + 5 * A_DAY
    before = shown(date)
    post(client, "pin", date, part="problem")
    row = Digest.objects.get(date=date)
    assert (row.pinned_topic, row.pinned_problem.slug, row.pinned_case_study) == (
        *(None, before[1]),
        None,
    )
    post(client, "pin", date)
    assert item(date).is_all_pinned
    assert shown(date) == before
    post(client, "unpin", date, part="topic")
    assert item(date).day.pinned == {"problem", "case_study"}
    post(client, "unpin", date)
    # A row of nothing goes.
    assert not Digest.objects.filter(date=date).exists()


def test_to_post_it_twice_is_done_once_and_said(today, client_as, cora):
    client, one, other = client_as(cora), today + A_DAY, today + 2 * A_DAY
    before = shown(one), shown(other)
    fields = {"seen": item(one).seen, "with": f"{other}.{item(other).seen}", "part": ""}
    client.post(url("swap", one), fields)
    response = client.post(url("swap", one), fields, follow=True)
    assert "has changed since you saw it, so nothing was done" in text_of(response)
    assert (shown(other), shown(one)) == before
    assert LogEntry.objects.count() == 2


def test_what_readers_cannot_see_is_not_pinned(today, client_as, cora):
    client, date = client_as(cora), today + A_DAY
    gone = Topic.objects.get(slug="topic-30")
    withdraw(gone)
    draft = Topic.objects.create(
        **{"slug": "topic-31", "title": "Draft", "summary": "s", "teaser": "t" * 80},
        **{"chapter": gone.chapter, "draft_of": Topic.objects.get(slug="topic-31")},
    )
    silent = Topic.objects.get(slug="topic-32")
    Topic.objects.filter(pk=silent.pk).update(teaser="")
    for topic in (gone, draft, silent):
        response = edit(client, date, pinned_topic=topic.pk)
        (sentence,) = errors_of(response)["pinned_topic"]
        assert "is not published, or says nothing for the digest yet" in sentence
    found = client.get(
        reverse("admin:autocomplete"),
        {"app_label": "learn", "model_name": "digest", "field_name": "pinned_topic", "term": "3"},
    )
    offered = {result["id"] for result in found.json()["results"]}
    assert str(Topic.objects.get(slug="topic-33").pk) in offered
    assert not offered & {str(topic.pk) for topic in (gone, draft, silent)}
    assert not Digest.objects.filter(date=date).exists()


def test_a_pin_whose_entry_is_withdrawn_is_said_and_the_schedule_goes_on(today, client_as, cora):
    client, date = client_as(cora), today + 3 * A_DAY
    post(client, "pin", date, part="topic")
    withdraw(Digest.objects.get(date=date).pinned_topic)
    assert item(date).parts[0].is_lost
    assert "what was pinned is withdrawn" in text_of(client.get(PLAN))
    assert "what was pinned is withdrawn" in text_of(client.get(url("change", date)))
    post(client, "unpin", date, part="topic")
    assert not Digest.objects.filter(date=date).exists()


def test_what_readers_would_see_twice_is_said(today, client_as, cora):
    client = client_as(cora)
    had_its_day = Topic.objects.get(slug=shown(today)[0])
    response = edit(client, today + 4 * A_DAY, pinned_topic=had_its_day.pk)
    assert f"{had_its_day.title} had its day on" in text_of(response)
    response = edit(client, today + 6 * A_DAY, pinned_topic=had_its_day.pk)
    assert f"is pinned on {planning.name_of(today + 4 * A_DAY)} too" in text_of(response)


# --- swaps -----------------------------------------------------------------------------------


@pytest.mark.parametrize("far", [1, 2, 20])
def test_two_days_change_places_with_all_they_have(today, client_as, cora, far):
    client, one, other = client_as(cora), today + 2 * A_DAY, today + (2 + far) * A_DAY
    edit(client, one, introduction="About this day.")
    before = shown(one), shown(other)
    assert "Swapped, everything" in text_of(swap(client, one, other))
    assert (shown(other), shown(one)) == before
    assert item(other).day.introduction == "About this day."
    assert not item(one).has_own_introduction
    assert item(one).is_all_pinned
    assert item(other).is_all_pinned


@pytest.mark.parametrize("part", PARTS)
def test_a_part_alone_changes_places(today, client_as, cora, part):
    client, one, other = client_as(cora), today + 7 * A_DAY, today + 9 * A_DAY
    place = PARTS.index(part)
    before = shown(one)[place], shown(other)[place]
    swap(client, one, other, part)
    assert (shown(other)[place], shown(one)[place]) == before
    assert item(one).day.pinned == item(other).day.pinned == {part}


def test_two_swaps_back_and_forth_are_as_before(today, client_as, cora):
    client, one, other = client_as(cora), today + A_DAY, today + 2 * A_DAY
    before = shown(one), shown(other)
    swap(client, one, other)
    swap(client, one, other)
    assert (shown(one), shown(other)) == before


def test_what_cannot_be_swapped_is_said(today, client_as, cora):
    client, date = client_as(cora), today + A_DAY
    for other in ("", "yesterday", "2026-13-01"):
        response = post(client, "swap", date, **{"with": other})
        assert "No other day was chosen" in text_of(response)
    assert "with another day" in text_of(swap(client, date, date))
    response = post(client, "swap", date, **{"with": f"{today - A_DAY}.x"})
    assert "has passed; what it said stays" in text_of(response)
    response = post(client, "swap", date, **{"with": f"{today + 400 * A_DAY}.x"})
    assert "is too far ahead" in text_of(response)
    assert post(client, "swap", date, part="fixed_at").status_code == 404
    assert post(client, "pin", date, part="fixed_at").status_code == 404
    assert not Digest.objects.exclude(date=today).exists()


def test_of_two_entries_only_days_that_have_the_same_cannot_swap_it(db, client_as, cora):
    publish_many(1)
    digest.fix_due_days()
    date = digest.today() + A_DAY
    response = swap(client_as(cora), date, date + A_DAY, "topic")
    assert "have the same topic: Topic 0" in text_of(response)


# --- the form --------------------------------------------------------------------------------


def test_an_own_introduction_is_seen_in_list_and_preview_and_removed_again(today, client_as, cora):
    client, date = client_as(cora), today + 2 * A_DAY
    response = edit(client, date, introduction="Rain is forecast: <b>stay</b> in and count.")
    assert "the topic, problem and case study of the day may still change" in text_of(response)
    assert "own introduction</p>" in text_of(client.get(PLAN))
    frame = text_of(client.get(f"/preview/digest/{date}/"))
    assert "Rain is forecast: &lt;b&gt;stay&lt;/b&gt; in and count." in frame
    edit(client, date, introduction="  ")
    assert not Digest.objects.filter(date=date).exists()


def test_of_two_who_edit_one_day_the_later_is_told(today, client_as, cora, rita):
    date = today + 2 * A_DAY
    client = client_as(cora)
    opened = fields_of(client.get(url("change", date)))
    edit(client, date, introduction="By Cora.")
    client = client_as(rita)
    response = client.post(url("change", date), opened | {"introduction": "By Rita."})
    assert "Somebody has changed this day since you opened it" in text_of(response)
    assert "By Rita." in text_of(response)
    assert Digest.objects.get(date=date).introduction == "By Cora."


def test_a_day_has_one_row(today, client_as, cora):
    client, date = client_as(cora), today + 2 * A_DAY
    opened = fields_of(client.get(url("change", date)))
    for _ in range(2):
        client.post(url("change", date), opened | {"introduction": "Once."})
    assert Digest.objects.filter(date=date).count() == 1
    assert client.get(reverse("admin:learn_digest_add")).status_code == 403
    with pytest.raises(IntegrityError):
        Digest.objects.create(date=date)


def test_days_that_have_passed_are_listed_and_stay(today, client_as, admin, monkeypatch):
    client, past = client_as(admin), today
    said = text_of(client.get(PLAN))
    tomorrow = datetime.datetime.combine(today + A_DAY, datetime.time(1), datetime.UTC)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    digest.fix_due_days()
    html = text_of(client.get(PAST))
    assert f'href="{url("change", past)}' in html
    assert shown(today + A_DAY)[0] not in html
    title = digest.day(past).topic["title"]
    assert title in said
    assert title in html
    page = client.get(url("change", past))
    assert page.status_code == 200
    assert 'name="introduction"' not in text_of(page)
    assert client.post(url("change", past), {"introduction": "Late."}).status_code == 403
    for name in ("pin", "unpin"):
        response = client.post(url(name, past), {"seen": "x"}, follow=True)
        assert "has passed; what it said stays" in text_of(response)
    assert not Digest.objects.get(date=past).introduction


@pytest.mark.parametrize(
    "address", ["2026-02-30", "20261201", "2026-W49-4", "1", "9999-12-31", "1999-01-01"]
)
def test_an_address_of_no_such_day_leads_to_none(today, client_as, admin, address):
    client = client_as(admin)
    response = client.get(f"{PLAN}{address}/change/")
    assert response.status_code == 302
    assert client.get(f"{PLAN}{address}/preview/").status_code in (302, 404)
    assert client.get(f"/preview/digest/{address}/").status_code == 404
    assert Digest.objects.count() == 1


# --- today -----------------------------------------------------------------------------------


def test_readers_see_a_change_of_today_at_once(today, client_as, cora, api):
    client, before = client_as(cora), content_version()
    pin = Problem.objects.get(slug="problem-20")
    response = edit(client, today, pinned_problem=pin.pk, introduction="Just for today.")
    assert "Readers see it now." in text_of(response)
    said = api.get("/api/v1/digest/today/").json()
    assert said["problem"]["slug"] == "problem-20"
    assert said["introduction"] == "Just for today."
    assert content_version() > before
    assert api.get(f"/api/v1/digest/{today}/").json() == said


def test_an_introduction_of_today_leaves_what_readers_know(today, client_as, cora, api):
    before = api.get("/api/v1/digest/today/").json()
    version, at = content_version(), digest.day(today).updated_at
    edit(client_as(cora), today, introduction="Later than usual.")
    said = api.get("/api/v1/digest/today/").json()
    assert said == before | {"introduction": "Later than usual."}
    assert content_version() > version
    assert digest.day(today).updated_at > at


def test_today_swaps_with_a_day_to_come(today, client_as, cora, api):
    client, other = client_as(cora), today + 3 * A_DAY
    before = shown(today), shown(other)
    swap(client, other, today)
    assert (shown(other), shown(today)) == before
    said = api.get("/api/v1/digest/today/").json()
    assert [said[part]["slug"] for part in PARTS] == before[1]


def test_today_is_edited_before_the_schedule_came_to_it(db, client_as, cora):
    publish_many(5)
    today = digest.today()
    before = shown(today)
    edit(client_as(cora), today, introduction="Early.")
    assert shown(today) == before
    assert digest.day(today).introduction == "Early."
    assert Digest.objects.get().fixed_at


# --- what is kept of it ------------------------------------------------------------------------


def test_the_history_of_a_day_outlives_its_row(today, client_as, cora):
    client, date = client_as(cora), today + 2 * A_DAY
    edit(client, date, introduction="For a while.", pinned_topic=Topic.objects.first().pk)
    edit(client, date, introduction="", pinned_topic="")
    assert not Digest.objects.filter(date=date).exists()
    html = text_of(client.get(reverse("admin:learn_digest_history", args=[str(date)])))
    assert "Topic pinned: Topic 0. Own introduction written." in html
    assert "Topic unpinned. Own introduction removed." in html
    entry = LogEntry.objects.first()
    assert entry.user == cora
    assert entry.get_admin_url() == url("change", date)
    assert client.get(entry.get_admin_url()).status_code == 200


# --- the preview -----------------------------------------------------------------------------


def test_the_preview_is_what_readers_will_read_and_says_that_it_is_none_yet(today, client_as, cora):
    client, date = client_as(cora), today + 2 * A_DAY
    page = text_of(client.get(url("preview", date)))
    assert f'src="/preview/digest/{date}/"' in page
    assert 'sandbox="allow-scripts"' in page
    frame = client.get(f"/preview/digest/{date}/")
    html = frame.content.decode()
    day = item(date).day
    assert "not public" in html
    assert day.introduction in html
    assert all(getattr(day, part)["text"] in html for part in PARTS)
    assert "cora" not in html
    assert frame["Cache-Control"] == "private, no-store"
    assert "sandbox allow-scripts" in frame["Content-Security-Policy"]
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", html)
    for other in (today, today - A_DAY, today + 182 * A_DAY):
        assert client.get(f"/preview/digest/{other}/").status_code == 404
        assert client.get(url("preview", other)).status_code == 404
    assert client.get(f"/digest/{date}/").status_code == 404
