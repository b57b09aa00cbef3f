"""The worklist of links in the admin, as somebody looks after it."""

import datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone

from kb.models import CaseStudy, Link, LinkHost, LinkVisit
from rest.version import content_version
from tests.kb.admin_forms import url

LISTING = reverse("admin:kb_link_changelist")
DAY = datetime.timedelta(days=1)


@pytest.fixture
def links(folder):
    now = timezone.now()
    common = {"checked_at": now - DAY, "next_check_at": now + 20 * DAY}
    rows = [
        Link(url="https://example.org/anvils", host="example.org", state="blocked", **common),
        Link(url="https://a.example/fine", host="a.example", state="ok", **common),
        Link(url="https://b.example/new", host="b.example"),
        Link(
            **{"url": "https://c.example/old", "host": "c.example", "state": "moved"},
            **{"moved_to": "https://c.example/there"} | common,
        ),
        Link(
            **{"url": "https://d.example/dead", "host": "d.example", "state": "dead"},
            **{"failures": 3, "first_failed_at": now - 9 * DAY} | common,
        ),
        Link(
            **{"url": "https://e.example/ill", "host": "e.example", "state": "ok"},
            **{"failures": 1, "first_failed_at": now} | common,
        ),
        Link(url="ftp://f.example/<script>alert(1)</script>", state="blocked", **common),
    ]
    Link.objects.bulk_create(rows)
    return {row.url: Link.objects.get(url=row.url) for row in rows}


@pytest.fixture
def keeper(db):
    """May see links and look after them, and nothing else."""
    user = User.objects.create_user("keeper", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_link", "change_link"]))
    return user


def listed(response) -> list[str]:
    return [link.url for link in response.context["cl"].result_list]


def test_the_worklist_shows_the_worst_first_and_who_cites_it(links, client_as, admin):
    response = client_as(admin).get(LISTING)
    hosts = [link.host for link in response.context["cl"].result_list]
    assert hosts == [
        *("d.example", "", "example.org", "c.example", "e.example", "a.example", "b.example")
    ]
    text = response.content.decode()
    case = CaseStudy.objects.get(slug="acme-ranker")
    assert f'href="{url("change", case)}">{case.title}</a>' in text
    assert "<script>alert" not in text


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("wants=a-person", 5),
        ("wants=nobody", 2),
        ("state__exact=moved", 1),
        ("of_host=c.example", 1),
        ("q=there", 1),
        ("wants=a-person&of_host=a.example", 0),
    ],
)
def test_it_is_filtered_and_searched(links, client_as, admin, query, count):
    assert len(listed(client_as(admin).get(f"{LISTING}?{query}"))) == count


def test_a_long_list_costs_no_more_queries_than_a_short_one(
    links, client_as, admin, django_assert_max_num_queries
):
    Link.objects.bulk_create(
        Link(url=f"https://many.example/{number}", host="many.example") for number in range(49)
    )
    client = client_as(admin)
    with django_assert_max_num_queries(12):
        assert client.get(LISTING).status_code == 200


def test_its_page_shows_the_history_and_changes_nothing(links, client_as, admin):
    link = links["https://c.example/old"]
    LinkVisit.objects.create(
        **{"link": link, "state": "moved", "status_code": 200, "method": "GET"},
        **{"location": link.moved_to, "detail": "It has <b>moved</b> for good."},
    )
    client = client_as(admin)
    response = client.get(url("change", link))
    text = response.content.decode()
    assert "It has &lt;b&gt;moved&lt;/b&gt; for good." in text
    assert f'href="{link.moved_to}"' in text
    assert client.post(url("change", link), {"state": "ok"}).status_code == 403
    assert client.get(reverse("admin:kb_link_add")).status_code == 403
    assert client.post(url("delete", link), {"post": "yes"}).status_code == 403


def test_an_address_of_another_scheme_is_no_link_to_click(links, client_as, admin):
    link = links["ftp://f.example/<script>alert(1)</script>"]
    text = client_as(admin).get(url("change", link)).content.decode()
    assert 'href="ftp:' not in text
    assert "<script>alert" not in text


def test_check_now_only_queues_and_says_so_when_checks_are_off(links, client_as, keeper, settings):
    client, link = client_as(keeper), links["https://a.example/fine"]
    assert "LINK_CHECKS is off" in client.get(url("change", link)).content.decode()
    response = client.post(url("check", link), follow=True)
    assert "once the setting LINK_CHECKS is on: 1" in response.content.decode()
    settings.LINK_CHECKS = True
    response = client.post(url("check", link), follow=True)
    assert "within a few minutes: 1" in response.content.decode()
    assert "LINK_CHECKS is off" not in response.content.decode()
    assert link in Link.objects.due()
    link.refresh_from_db()
    assert (link.state, link.visits.count(), LinkHost.objects.count()) == ("ok", 0, 0)


@pytest.mark.parametrize("address", ["https://example.org/anvils", "https://d.example/dead"])
def test_what_a_person_found_fine_is_fine_and_left_alone(links, client_as, keeper, address):
    link, version = links[address], content_version()
    client_as(keeper).post(url("fine", link), follow=True)
    link.refresh_from_db()
    assert (link.state, link.failures, link.first_failed_at) == ("ok", 0, None)
    assert link.next_check_at > timezone.now() + 179 * DAY
    visit = link.visits.get()
    assert (visit.method, visit.detail) == ("by hand", "keeper has looked at it.")
    assert content_version() == version + 1
    assert LogEntry.objects.get().user == keeper


def test_several_are_looked_after_at_once(links, client_as, keeper):
    client = client_as(keeper)
    pks = [link.pk for link in links.values() if link.state == "blocked"]
    for action in ("found_fine_selected", "check_selected"):
        data = {"action": action, "_selected_action": pks}
        assert ": 2." in client.post(LISTING, data, follow=True).content.decode()
    rows = Link.objects.filter(pk__in=pks)
    assert {(link.state, link.next_check_at <= timezone.now()) for link in rows} == {("ok", True)}


def test_who_may_only_look_changes_nothing(links, client_as, keeper):
    keeper.user_permissions.set(Permission.objects.filter(codename="view_link"))
    client, link = client_as(keeper), links["https://d.example/dead"]
    assert "Check now" not in client.get(url("change", link)).content.decode()
    for name in ("check", "fine"):
        assert client.post(url(name, link)).status_code == 403
    data = {"action": "found_fine_selected", "_selected_action": [link.pk]}
    client.post(LISTING, data)
    link.refresh_from_db()
    assert link.state == "dead"


def test_strangers_and_learners_see_no_worklist(links, client_as, ada):
    link = links["https://d.example/dead"]
    for response in (client_as(ada).get(LISTING), client_as(ada).post(url("check", link))):
        assert response.status_code == 302
        assert "/login/" in response.url


def test_what_is_not_there_is_not_found(links, client_as, admin):
    client = client_as(admin)
    assert client.post(reverse("admin:kb_link_fine", args=[999_999])).status_code == 404
    assert client.post(reverse("admin:kb_link_check", args=[999_999])).status_code == 404
    assert client.get(reverse("admin:kb_link_fine", args=[1])).status_code == 405
