"""What becomes of links by what was found, whose turn it is, and what readers see."""

import datetime
import threading
import time

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from kb.housekeeping import have_links_checked
from kb.linkchecks import checks
from kb.linkchecks.checks import changes_after, check_due, follow_citations, link_states
from kb.linkchecks.visitor import Result, Visit
from kb.models import CaseStudy, Link, LinkHost, LinkVisit, Reference, Source, Topic
from kb.models.linkchecks import HOST_LEASE, KEPT_VISITS, LINK_LEASE
from kb.tasks import check_links
from rest.version import content_version
from tests.kb.link_server import DOMAIN, link_server
from tests.kb.test_link_visits import visitor as visitor_of
from tests.processes import eventually, is_up

DAY = datetime.timedelta(days=1)
ACME = "acme-ranker"
CITED = "https://example.org/anvils"


@pytest.fixture
def server():
    with link_server() as running:
        yield running


@pytest.fixture
def on(settings):
    settings.LINK_CHECKS = True


@pytest.fixture
def small(folder):
    """The small folder, and nothing that is shipped is cited."""
    Source.objects.exclude(case_study__slug=ACME).update(url="")
    Reference.objects.update(url="")
    return folder


@pytest.fixture
def cited(small, server):
    """Has the small case cite these addresses and no others; the links that follow."""

    def cite(*urls: str) -> list[Link]:
        case = CaseStudy.objects.get(slug=ACME)
        case.sources.all().delete()
        Source.objects.bulk_create(
            Source(case_study=case, key=f"s{number}", title="A source", url=url)
            for number, url in enumerate(urls)
        )
        follow_citations()
        return [Link.objects.get(url=url) for url in urls]

    return cite


def visitor(server, pause: float = 0):
    return visitor_of(server, turns=LinkHost.objects, pause_seconds=pause)


def make(**fields) -> Link:
    return Link.objects.create(**{"url": CITED, "host": "example.org"} | fields)


def record(link: Link, result: Result, **fields) -> Link:
    """As if a visit had found this now."""
    link = Link.objects.get(pk=link.pk)
    token = Link.objects.claim(link)
    fields = {"status_code": 404, "location": "https://example.org/new"} | fields
    assert checks.record(link, token, Visit(result, "A sentence.", **fields))
    return Link.objects.get(pk=link.pk)


def make_older(link: Link, **by) -> None:
    """As if all of it had been so much earlier."""
    link.refresh_from_db()
    link.first_failed_at -= datetime.timedelta(**by)
    link.save()


# --- off ------------------------------------------------------------------------------------------


def test_while_it_is_off_nothing_is_done_and_nothing_is_asked(cited, server):
    cited(server.url("/404"))
    Link.objects.all().delete()
    assert check_due(visitor(server)) == 0
    check_links()
    call_command("sweep", "--once")
    assert not Link.objects.exists()
    assert not LinkVisit.objects.exists()
    assert server.connections == 0


def test_it_is_off_unless_somebody_sets_it(settings):
    assert settings.LINK_CHECKS is False


def test_the_sweep_asks_a_worker_and_visits_nothing_itself(cited, server, on, monkeypatch):
    cited(server.url("/200"))
    sent = []
    monkeypatch.setattr(check_links, "apply_async", lambda **options: sent.append(options))
    call_command("sweep", "--once")
    call_command("sweep", "--once")
    assert sent == [{"expires": 60, "retry": False}]
    assert server.connections == 0


def test_a_sweep_goes_on_when_the_broker_is_away(cited, server, on, valkey, caplog):
    [link] = cited(server.url("/200"))
    _client, program = valkey
    program.kill()
    try:
        begun = time.monotonic()
        have_links_checked()
        assert time.monotonic() - begun < 2
    finally:
        program.start()
        eventually(lambda: is_up(valkey), 5, "the broker is back")
    assert "The broker took no message" in caplog.text
    link.refresh_from_db()
    assert link.state == "unchecked"


# --- which links ----------------------------------------------------------------------------------


def test_links_are_those_that_published_entries_cite(small):
    small.change(
        "topics/anvils.md", 'title = "On anvils"', 'title = "On"\nurl = "https://smith.example/a"'
    )
    small.load()
    follow_citations()
    assert dict(Link.objects.values_list("url", "host")) == {
        CITED: "example.org",
        "https://smith.example/a": "smith.example",
    }
    before = set(Link.objects.values_list("pk", flat=True))
    follow_citations()
    assert set(Link.objects.values_list("pk", flat=True)) == before


def test_what_drafts_cite_is_nobodys_business(small):
    CaseStudy.objects.filter(slug=ACME).update(state="draft")
    follow_citations()
    assert not Link.objects.exists()
    case = CaseStudy.objects.get(slug=ACME)
    CaseStudy.objects.filter(slug=ACME).update(state="published")
    follow_citations()
    draft = CaseStudy.objects.get(slug=ACME)
    draft.pk, draft.state, draft.draft_of = None, "draft", case
    draft.save()
    Source.objects.create(case_study=draft, key="new", title="New", url="https://new.example/")
    follow_citations()
    assert list(Link.objects.values_list("url", flat=True)) == [CITED]


def test_what_is_no_longer_cited_goes_with_its_history(small):
    follow_citations()
    link = Link.objects.get()
    record(link, Result.OK)
    Source.objects.update(url="https://other.example/")
    follow_citations()
    assert list(Link.objects.values_list("url", flat=True)) == ["https://other.example/"]
    assert not LinkVisit.objects.exists()


def test_who_cites_a_link_is_found_for_all_at_once(small, django_assert_num_queries):
    topic = Topic.objects.get(slug="anvils")
    topic.references.update(url=CITED)
    case = CaseStudy.objects.get(slug=ACME)
    Source.objects.create(case_study=case, key="again", title="Again", url=CITED)
    with django_assert_num_queries(2):
        assert checks.citations([CITED, "https://nobody.example/"]) == {CITED: [case, topic]}


# --- what becomes of a link -----------------------------------------------------------------------


def test_each_way_to_answer_has_its_state(cited, server, on):
    server.answers |= {
        "/moved": (301, {"Location": "/200"}),
        "/for-now": (302, {"Location": "/200"}),
        "/inside": (302, {"Location": "http://10.0.0.1/"}),
        "/busy": (429, {"Retry-After": "5"}),
    }
    # A host each, since one that asks for time is left alone.
    names = ["200", "moved", "for-now", "403", "404", "inside", "busy", "closes", "no-head-405"]
    urls = {name: server.url(f"/{name}", f"{name}.{DOMAIN}") for name in names}
    cited(*urls.values(), "ftp://example.org/file")
    assert check_due(visitor(server)) == 10
    found = link_states([*urls.values(), "ftp://example.org/file"])
    assert {name: found[url].state for name, url in urls.items()} == {
        "200": "ok",
        "moved": "moved",
        "for-now": "ok",
        "403": "blocked",
        "404": "unchecked",
        "inside": "blocked",
        "busy": "blocked",
        "closes": "unchecked",
        "no-head-405": "ok",
    }
    assert found["ftp://example.org/file"].state == "blocked"
    assert found[urls["moved"]].moved_to == server.url("/200", f"moved.{DOMAIN}")
    failing = found[urls["404"]]
    assert (failing.failures, failing.first_failed_at) == (1, failing.checked_at)
    assert check_due(visitor(server)) == 0


def test_a_link_is_dead_after_three_failures_in_a_row_over_three_days(db):
    link = record(make(), Result.OK, status_code=200)
    for failures in (1, 2, 3, 4):
        link = record(link, Result.FAILED)
        assert (link.state, link.failures) == ("ok", failures)
    make_older(link, days=2.9)
    assert record(link, Result.FAILED).state == "ok"
    make_older(link, days=0.2)
    assert record(link, Result.FAILED).state == "dead"


def test_two_failures_are_too_few_however_long_ago(db):
    link = record(make(), Result.FAILED)
    make_older(link, days=1000)
    assert record(link, Result.FAILED).state == "unchecked"
    assert record(link, Result.FAILED).state == "dead"


@pytest.mark.parametrize("result", [Result.OK, Result.MOVED, Result.BLOCKED])
def test_what_answers_again_begins_anew(db, result):
    link = make(state="dead", failures=9, first_failed_at=timezone.now() - 90 * DAY)
    link = record(link, result, status_code=200)
    assert (link.state, link.failures, link.first_failed_at) == (result, 0, None)


def test_a_moved_link_that_dies_leads_nowhere(db):
    link = record(make(), Result.MOVED, status_code=200)
    assert link.moved_to == "https://example.org/new"
    link = record(link, Result.FAILED)
    assert (link.state, link.moved_to) == ("moved", "https://example.org/new")
    make_older(link, days=5)
    link = record(record(link, Result.FAILED), Result.FAILED)
    assert (link.state, link.moved_to) == ("dead", "")


def test_while_nothing_ever_answers_it_is_rather_our_own_network(db):
    link = make()
    for _ in range(5):
        link = record(link, Result.FAILED, status_code=None)
        assert (link.state, link.failures) == ("unchecked", 0)
        assert DAY * 0.9 < link.next_check_at - timezone.now() <= DAY
    assert "our own network" in link.visits.first().detail
    other = make(url="https://example.org/other")
    record(other, Result.OK, status_code=200)
    assert record(link, Result.FAILED, status_code=None).failures == 1


def test_a_visit_that_learns_nothing_changes_nothing(db):
    link = record(make(), Result.FAILED)
    after = record(link, Result.UNKNOWN, status_code=None)
    for name in ("state", "failures", "first_failed_at", "checked_at"):
        assert getattr(after, name) == getattr(link, name)


@pytest.mark.parametrize(
    ("failures", "days"), [(0, 2), (1, 4), (2, 8), (3, 16), (4, 30), (5, 30), (30_000, 30)]
)
def test_the_next_visit_to_what_fails_is_ever_later(failures, days):
    now = timezone.now()
    link = Link(failures=failures, first_failed_at=now if failures else None)
    changes = changes_after(link, Visit(Result.FAILED, ""), now)
    assert changes["next_check_at"] == now + days * DAY


@pytest.mark.parametrize(
    ("result", "status", "retry_after", "wait"),
    [
        (Result.OK, 200, None, 30 * DAY),
        (Result.MOVED, 200, None, 30 * DAY),
        (Result.BLOCKED, 403, None, 30 * DAY),
        (Result.BLOCKED, None, None, 30 * DAY),
        (Result.BLOCKED, 429, None, DAY),
        (Result.BLOCKED, 429, 60, DAY),
        (Result.BLOCKED, 503, 200_000, datetime.timedelta(seconds=200_000)),
        (Result.BLOCKED, 503, 10**9, 30 * DAY),
    ],
)
def test_the_next_visit_to_what_answers(result, status, retry_after, wait):
    now = timezone.now()
    visit = Visit(result, "", status, "https://example.org/new", "GET", retry_after)
    assert changes_after(Link(), visit, now)["next_check_at"] == now + wait


def test_the_newest_visits_are_kept(db):
    link = make()
    for number in range(KEPT_VISITS + 5):
        link = record(link, Result.OK, status_code=200, method=str(number))
    kept = [visit.method for visit in link.visits.all()]
    assert kept == [str(number) for number in range(KEPT_VISITS + 4, 4, -1)]


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "lost"},
        {"state": "moved"},
        {"moved_to": "https://example.org/"},
        {"failures": 1},
        {"first_failed_at": timezone.now()},
    ],
)
def test_the_database_refuses_what_cannot_be(db, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        make(**fields)


# --- what readers see -----------------------------------------------------------------------------


def test_states_of_many_addresses_are_one_query(db, django_assert_num_queries):
    link = make()
    with django_assert_num_queries(1):
        assert link_states([CITED, CITED, "", "https://nobody.example/"]) == {CITED: link}
    assert link_states([]) == {}


def test_the_content_version_is_raised_where_readers_see_another_state_and_only_there(db):
    link, version = make(), content_version()
    link = record(link, Result.OK, status_code=200)
    assert content_version() == version + 1
    link = record(link, Result.OK, status_code=200)
    link = record(link, Result.FAILED)
    link = record(link, Result.UNKNOWN)
    assert content_version() == version + 1
    link = record(link, Result.MOVED)
    assert content_version() == version + 2
    record(link, Result.MOVED, location="https://example.org/newer")
    assert content_version() == version + 3


def test_the_cited_work_itself_is_never_changed(cited, server, on):
    server.answers["/old"] = (301, {"Location": "/200"})
    [link] = cited(server.url("/old"))
    check_due(visitor(server))
    assert CaseStudy.objects.get(slug=ACME).sources.get().url == link.url


# --- whose turn it is -----------------------------------------------------------------------------


def test_one_host_has_one_visitor_and_a_pause_after_it(db):
    token = LinkHost.objects.take("a.example")
    assert token
    assert LinkHost.objects.take("a.example") is None
    assert LinkHost.objects.take("b.example")
    LinkHost.objects.give_back("a.example", token, 0.3)
    assert LinkHost.objects.take("a.example") is None
    time.sleep(0.35)
    assert LinkHost.objects.take("a.example")


def test_a_turn_that_ran_out_is_for_the_next_and_not_given_back_by_the_first(db):
    first = LinkHost.objects.take("a.example")
    LinkHost.objects.update(free_at=timezone.now())
    second = LinkHost.objects.take("a.example")
    LinkHost.objects.give_back("a.example", first, 0)
    assert LinkHost.objects.get().free_at == second
    assert second - timezone.now() <= HOST_LEASE


def test_a_link_is_claimed_once_and_a_late_finding_counts_for_nothing(db):
    link = make()
    token = Link.objects.claim(link)
    assert Link.objects.claim(link) is None
    assert not Link.objects.due().exists()
    assert token - timezone.now() <= LINK_LEASE
    checks.check_soon([link])
    assert not checks.record(link, token, Visit(Result.OK, "Late.", 200))
    assert not LinkVisit.objects.exists()
    Link.objects.all().delete()
    assert not checks.record(link, token, Visit(Result.OK, "Later.", 200))


def test_links_of_a_host_with_a_pause_are_not_due_and_others_are(db):
    make()
    other = make(url="https://other.example/", host="other.example")
    LinkHost.objects.create(host="example.org", free_at=timezone.now() + DAY)
    assert list(Link.objects.due()) == [other]


def test_a_host_that_asks_for_time_gets_it_from_all_of_its_links(cited, server, on):
    server.answers["/busy"] = (429, {"Retry-After": "500"})
    host = f"busy.{DOMAIN}"
    links = cited(server.url("/busy", host), server.url("/200", host))
    Link.objects.filter(pk=links[0].pk).update(next_check_at=timezone.now() - DAY)
    assert check_due(visitor(server)) == 1
    assert server.asked == [("HEAD", "/busy")]
    free_at = LinkHost.objects.get(host=host).free_at
    assert 490 < (free_at - timezone.now()).total_seconds() <= 500
    assert links[1].url in Link.objects.filter(state="unchecked").values_list("url", flat=True)


def test_a_link_whose_host_is_taken_is_put_off_and_keeps_no_history(cited, server):
    [link] = cited(server.url("/200"))
    LinkHost.objects.take(link.host)
    assert not checks.check(link, visitor(server))
    link.refresh_from_db()
    assert 0 < (link.next_check_at - timezone.now()).total_seconds() <= 60
    assert not link.visits.exists()
    assert server.connections == 0


def test_a_batch_ends_after_so_many_visits_and_after_so_long(cited, server, on, monkeypatch):
    cited(*(server.url("/200", f"h{number}.{DOMAIN}") for number in range(6)))
    monkeypatch.setattr(checks, "BATCH_VISITS", 2)
    assert check_due(visitor(server)) == 2
    monkeypatch.setattr(checks, "BATCH_SECONDS", 0)
    assert check_due(visitor(server)) == 0
    monkeypatch.setattr(checks, "BATCH_VISITS", 50)
    monkeypatch.setattr(checks, "BATCH_SECONDS", 0.5)
    server.seconds = 0.3
    assert check_due(visitor(server)) == 2


@pytest.mark.django_db(transaction=True)
def test_several_workers_never_ask_one_host_at_once_and_visit_each_link_once(
    shipped, server, on, monkeypatch
):
    # What is put off is due again sooner than in production.
    monkeypatch.setattr(checks, "POSTPONED", datetime.timedelta(seconds=0.05))
    server.seconds = 0.05
    case = CaseStudy.objects.published().first()
    Source.objects.update(url="")
    Reference.objects.update(url="")
    hosts = [f"a.{DOMAIN}", f"b.{DOMAIN}", f"c.{DOMAIN}"]
    # Half of them go on to another of the hosts.
    server.answers |= {
        f"/{number}x": (302, {"Location": server.url("/200", hosts[number % 3])})
        for number in range(6)
    }
    urls = [server.url(f"/{number}x", hosts[(number + 1) % 3]) for number in range(6)]
    urls += [server.url(f"/200?{number}", hosts[number % 3]) for number in range(6)]
    Source.objects.bulk_create(
        Source(case_study=case, key=f"w{number}", title="A source", url=url)
        for number, url in enumerate(urls)
    )
    problems = []

    def work():
        try:
            end = time.monotonic() + 20
            while time.monotonic() < end and Link.objects.filter(state="unchecked").exists():
                check_due(visitor(server, pause=0.05))
                time.sleep(0.02)
        except Exception as exc:
            problems.append(exc)
        finally:
            connection.close()

    follow_citations()
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert set(Link.objects.values_list("state", flat=True)) == {"ok"}
    assert LinkVisit.objects.count() == len(urls)
    assert len(server.asked) == len(urls) + 6
    for host in hosts:
        assert server.most_at_once(host) == 1
