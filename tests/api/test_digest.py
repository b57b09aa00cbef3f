"""The digest over the API: what each day says, to whom, and when an answer is a new one."""

import datetime
from xml.etree import ElementTree

import pytest
from django.urls import reverse
from django.utils import timezone
from knox.models import AuthToken

from kb import services
from kb.models import Card, CaseStudy, Topic
from learn import digest
from learn.models import Digest
from problems.models import Problem
from rest.version import content_version

PATH = "/api/v1/digest/"
TODAY = f"{PATH}today/"
FEED = f"{PATH}feed.atom"
ATOM = "{http://www.w3.org/2005/Atom}"
FIELDS = {"date", "introduction", "topic", "problem", "case_study", "license"}
PART = {"slug", "title", "text", "url", "replaced"}
MONDAY = datetime.date(2026, 11, 23)
A_DAY = datetime.timedelta(days=1)
pytestmark = pytest.mark.usefixtures("shipped")


@pytest.fixture
def on(monkeypatch):
    """`on(MONDAY)` makes it noon of that day; the schedule has not run, save with `fixed`."""

    def go(date, *, hour=12, fixed=False):
        moment = datetime.datetime.combine(date, datetime.time(hour), datetime.UTC)
        monkeypatch.setattr(timezone, "now", lambda: moment)
        if fixed:
            digest.fix_due_days()

    return go


@pytest.fixture
def week(on):
    """Seven days that the schedule fixed, up to a Sunday."""
    for number in range(7):
        on(MONDAY + number * A_DAY, fixed=True)


def entries(response) -> list[ElementTree.Element]:
    return ElementTree.fromstring(response.content).findall(f"{ATOM}entry")


def test_a_day_has_the_fields_of_the_contract_and_what_people_wrote_for_them(api, client, on):
    on(MONDAY)
    answer = api.get(TODAY).json()
    assert answer.keys() == FIELDS
    assert (answer["date"], answer["license"]) == ("2026-11-23", "CC BY 4.0")
    assert answer["introduction"].endswith(".")
    topic, problem, case = answer["topic"], answer["problem"], answer["case_study"]
    assert topic.keys() == PART | {"formula_html"}
    assert problem.keys() == PART | {"difficulty"}
    assert case.keys() == PART | {"company"}
    row = Topic.objects.published().get(slug=topic["slug"])
    assert (topic["title"], topic["text"]) == (row.title, row.teaser)
    assert topic["formula_html"].startswith("<math alttext=")
    row = Problem.objects.published().get(slug=problem["slug"])
    assert (problem["title"], problem["text"]) == (row.title, row.teaser)
    assert problem["difficulty"] == row.difficulty
    row = CaseStudy.objects.published().get(slug=case["slug"])
    assert (case["title"], case["company"]) == (row.title, row.company.title)
    assert case["text"] == f"{row.teaser} {row.readers}"
    for part in (topic, problem, case):
        assert part["replaced"] is False
        assert len(part["text"]) >= 80
        assert client.get(part["url"]).status_code == 200


def test_the_archive_is_a_list_of_all_days_the_newest_first(api, on, week):
    on(MONDAY + 7 * A_DAY)
    answer = api.get(f"{PATH}?page_size=3").json()
    assert answer.keys() == {"count", "next", "previous", "results"}
    assert answer["count"] == 8
    # Today's is there before the schedule has fixed it.
    assert Digest.objects.fixed().count() == 7
    dates = [day["date"] for day in answer["results"]]
    assert dates == ["2026-11-30", "2026-11-29", "2026-11-28"]
    assert answer["results"][0] == api.get(TODAY).json()
    seen = list(dates)
    while answer["next"]:
        answer = api.get(answer["next"]).json()
        seen += [day["date"] for day in answer["results"]]
    assert seen == [str(MONDAY + number * A_DAY) for number in range(7, -1, -1)]
    assert all(day.keys() == FIELDS for day in answer["results"])


def test_a_past_day_answers_what_it_answered_then(api, on):
    said = {}
    for number in range(4):
        on(MONDAY + number * A_DAY, fixed=True)
        said[str(MONDAY + number * A_DAY)] = api.get(TODAY).json()
    assert {date: api.get(f"{PATH}{date}/").json() for date in said} == said


def test_today_is_the_same_before_and_after_the_schedule_fixed_it(api, on):
    on(MONDAY)
    before = [api.get(path).json() for path in (TODAY, f"{PATH}2026-11-23/", PATH)]
    feed_before = [entry.find(f"{ATOM}content").text for entry in entries(api.get(FEED))]
    digest.fix_due_days()
    assert [api.get(path).json() for path in (TODAY, f"{PATH}2026-11-23/", PATH)] == before
    assert [entry.find(f"{ATOM}content").text for entry in entries(api.get(FEED))] == feed_before


@pytest.mark.parametrize(
    ("date", "says"),
    [
        ("2026-12-01", "2026-12-01 has not come yet; the last day is today's."),
        ("9999-12-31", "9999-12-31 has not come yet; the last day is today's."),
        ("2026-11-22", "2026-11-22 lies before the first day of the digest."),
        ("0001-01-01", "0001-01-01 lies before the first day of the digest."),
        *(
            (text, f"There is no day {text!r}; a day is a date such as 2026-11-24.")
            for text in ("2026-11-31", "20261123", "2026-W48-1", "2026-11-23T00:00", "x", "٢٠٢٦")
        ),
    ],
)
def test_a_day_that_is_not_there_is_a_404_that_says_why(api, on, week, date, says):
    response = api.get(f"{PATH}{date}/")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["detail"] == says
    assert "ETag" not in response


@pytest.mark.parametrize("path", [PATH, TODAY, FEED, f"{PATH}2026-11-23/"])
def test_a_parameter_that_is_not_known_is_a_400_that_names_it(api, week, path):
    response = api.get(f"{path}?colour=red")
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "?colour"


def test_a_page_out_of_range_is_a_404_and_one_that_is_no_number_a_400(api, week):
    assert api.get(f"{PATH}?page=2").status_code == 404
    assert api.get(f"{PATH}?page=2&page_size=6").status_code == 200
    assert api.get(f"{PATH}?page=999999999").status_code == 404
    for query in ("page=x", "page=-1", "page_size=0", "page_size=101"):
        assert api.get(f"{PATH}?{query}").status_code == 400


@pytest.mark.parametrize("path", [PATH, TODAY, FEED, f"{PATH}2026-11-23/"])
def test_a_second_read_is_answered_304_until_midnight(api, on, week, path):
    first = api.get(path)
    assert (first.status_code, first["Cache-Control"]) == (200, "public, no-cache")
    asked = {"If-None-Match": first["ETag"]}
    again = api.get(path, headers=asked)
    assert (again.status_code, again.content) == (304, b"")
    on(MONDAY + 6 * A_DAY, hour=23)
    assert api.get(path, headers=asked).status_code == 304
    # Nothing is published and nothing is fixed, and yet it is another day.
    version = content_version()
    on(MONDAY + 7 * A_DAY, hour=0)
    after = api.get(path, headers=asked)
    assert after.status_code == 200
    assert content_version() == version
    assert (after.content == first.content) == (path == f"{PATH}2026-11-23/")


def test_the_site_s_time_zone_decides_when_it_is_another_day(api, on, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    on(MONDAY, hour=14)
    first = api.get(TODAY)
    on(MONDAY, hour=15)
    second = api.get(TODAY, headers={"If-None-Match": first["ETag"]})
    assert [first.json()["date"], second.json()["date"]] == ["2026-11-23", "2026-11-24"]


def test_other_reads_are_not_made_anew_at_midnight(api, on):
    on(MONDAY)
    etag = api.get("/api/v1/topics/")["ETag"]
    on(MONDAY + A_DAY)
    response = api.get("/api/v1/topics/", headers={"If-None-Match": etag})
    assert response.status_code == 304


@pytest.mark.parametrize("path", [PATH, TODAY, FEED, f"{PATH}2026-11-23/"])
def test_everybody_reads_the_same_and_nobody_by_another_method(
    api, api_as, client_as, ada, week, path
):
    anonymous = api.get(path)
    assert api.head(path)["ETag"] == anonymous["ETag"]
    assert api.head(path).content == b""
    assert anonymous["Access-Control-Allow-Origin"] == "*"
    for reader in (api_as(ada), client_as(ada)):
        assert reader.get(path).content == anonymous.content
    api.credentials(HTTP_AUTHORIZATION=f"Token {AuthToken.objects.create(user=ada)[1]}")
    own = api.get(path)
    assert (own.content, own["Cache-Control"]) == (anonymous.content, "private, no-store")
    for method in (api.post, api.put, api.patch, api.delete):
        response = method(path)
        assert response.status_code == 405
        assert response["Content-Type"] == "application/problem+json"


def test_a_read_fixes_no_day_and_changes_nothing(api, client, on, week):
    on(MONDAY + 9 * A_DAY)
    before = list(Digest.objects.values()), content_version()
    for path in (PATH, TODAY, FEED, f"{PATH}2026-12-01/", f"{PATH}2026-12-03/"):
        for _ in range(2):
            api.get(path)
    for path in ("/", "/digest/", "/digest/2026-12-02/", "/digest/2026-11-24/"):
        for _ in range(2):
            assert client.get(path).status_code == 200
    assert (list(Digest.objects.values()), content_version()) == before


def test_an_empty_catalogue_has_days_that_say_so(api, client, on):
    Card.objects.all().delete()
    on(MONDAY)
    answer = api.get(TODAY).json()
    assert (answer["topic"], answer["problem"], answer["case_study"]) == (None, None, None)
    assert answer["introduction"].endswith(".")
    assert api.get(PATH).json()["results"] == [answer]
    [entry] = entries(api.get(FEED))
    assert entry.find(f"{ATOM}title").text == "Monday, 23 November 2026"
    for path in ("/", "/digest/", "/digest/2026-11-23/"):
        assert client.get(path).status_code == 200


def test_a_single_case_is_each_day_s_case(api, on):
    Card.objects.exclude(type="case-study", slug="stripe-radar-fraud").delete()
    for number in range(3):
        on(MONDAY + number * A_DAY, fixed=True)
        answer = api.get(TODAY).json()
        assert (answer["topic"], answer["problem"]) == (None, None)
        assert answer["case_study"]["slug"] == "stripe-radar-fraud"
    assert api.get(PATH).json()["count"] == 3


def test_what_was_withdrawn_is_replaced_marked_and_named_nowhere(api, client, cora, on):
    case = CaseStudy.objects.get(slug="stripe-radar-fraud")
    draft = services.start_draft(case, cora)
    draft.title = "Xyzzysecret & co"
    draft.save()
    services.publish(draft, cora)
    case = CaseStudy.objects.get(slug="stripe-radar-fraud", draft_of=None)
    Digest.objects.create(date=MONDAY, pinned_case_study=case)
    on(MONDAY, fixed=True)
    said = api.get(TODAY).json()
    assert said["case_study"]["title"] == "Xyzzysecret & co"
    feed = api.get(FEED)
    on(MONDAY + A_DAY, fixed=True)
    services.withdraw(case)
    for answer in (api.get(f"{PATH}2026-11-23/").json(), api.get(PATH).json()["results"][1]):
        assert answer["case_study"]["slug"] != "stripe-radar-fraud"
        assert answer["case_study"]["replaced"] is True
        assert answer["topic"] == said["topic"]
        assert answer["problem"] == said["problem"]
    for path in (PATH, TODAY, FEED, f"{PATH}2026-11-23/", "/", "/digest/", "/digest/2026-11-23/"):
        html = client.get(path).content.decode()
        assert "xyzzysecret" not in html.lower(), path
        assert "stripe-radar-fraud" not in html or path == "/", path
    page = client.get("/digest/2026-11-23/").content.decode()
    assert page.count("In place of one that was withdrawn.") == 1
    assert api.get(FEED, headers={"If-None-Match": feed["ETag"]}).status_code == 200


def test_the_feed_has_the_last_thirty_days_as_atom(api, on):
    for number in range(33):
        on(MONDAY + number * A_DAY, fixed=True)
    response = api.get(FEED)
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    found = entries(response)
    links = [entry.find(f"{ATOM}link").get("href") for entry in found]
    newest = MONDAY + 32 * A_DAY
    assert links == [f"http://testserver/digest/{newest - number * A_DAY}/" for number in range(30)]
    ids = {entry.find(f"{ATOM}id").text for entry in found}
    assert len(ids) == 30
    assert not any("<script" in entry.find(f"{ATOM}content").text for entry in found)


def test_the_feed_is_dated_by_its_content_and_not_by_the_moment(api, on, week):
    first = api.get(FEED).content
    on(MONDAY + 6 * A_DAY, hour=23)
    assert api.get(f"{FEED}?format=json").status_code == 200
    assert api.get(FEED, headers={"Accept": "application/atom+xml"}).content == first


@pytest.mark.parametrize(
    "accept", ["application/atom+xml", "text/html", "application/rss+xml, */*;q=0.1", "image/png"]
)
def test_the_feed_is_atom_whatever_a_reader_accepts(api, week, accept):
    response = api.get(FEED, headers={"Accept": accept})
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    again = api.get(FEED, headers={"Accept": accept, "If-None-Match": response["ETag"]})
    assert again.status_code == 304


def test_hostile_titles_leave_the_feed_well_formed_and_are_text_on_the_pages(api, client, on):
    hostile = "</title><script>alert(\"1\")</script> & 'x' ]]> 🐍"
    Card.objects.update(title=hostile)
    on(MONDAY)
    [entry] = entries(api.get(FEED))
    assert entry.find(f"{ATOM}title").text == " · ".join([hostile] * 3)
    for path in ("/", "/digest/", "/digest/2026-11-23/"):
        html = client.get(path).content.decode()
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert" in html


def test_the_root_and_the_pages_lead_to_the_digest(api, client):
    assert api.get("/api/v1/").json()["collections"]["digest"] == PATH
    assert reverse("api-digest-feed") == FEED
    assert "/api/v1/digest/feed.atom" in client.get("/llms.txt").content.decode()
