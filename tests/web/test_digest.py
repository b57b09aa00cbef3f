"""The pages of the digest, and the day at home."""

import datetime
import re

import pytest
from django.utils import timezone

from kb.models import Card
from learn import digest
from learn.models import Digest

MONDAY = datetime.date(2026, 11, 23)
A_DAY = datetime.timedelta(days=1)
PAGES = ["/digest/", "/digest/2026-11-23/", "/digest/2026-11-24/", "/"]


@pytest.fixture
def on(monkeypatch):
    """`on(MONDAY)` makes it noon of that day."""

    def go(date, *, fixed=True):
        moment = datetime.datetime.combine(date, datetime.time(12), datetime.UTC)
        monkeypatch.setattr(timezone, "now", lambda: moment)
        if fixed:
            digest.fix_due_days()

    return go


@pytest.fixture
def days(library, on):
    """Two days that are fixed, the second of them today."""
    library.case.teaser = library.case.readers = "A sentence of Acme that says who reads it. " * 2
    Card.objects.filter(type="case-study").update(digest={"text": "Anvils roll. " * 8})
    Card.objects.filter(type="topic").update(
        digest={"text": "Count people. " * 8, "formula_html": '<math alttext="p"><mi>p</mi></math>'}
    )
    on(MONDAY)
    on(MONDAY + A_DAY)


def text_of(response) -> str:
    return response.content.decode()


@pytest.mark.parametrize("address", PAGES)
def test_a_stranger_reads_a_page_in_at_most_five_queries(
    days, client, address, django_assert_max_num_queries
):
    with django_assert_max_num_queries(5):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_one_main_heading_and_no_inline_code(days, client, address):
    html = text_of(client.get(address))
    assert len(re.findall(r"<h1[ >]", html)) == 1
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)


def test_a_day_shows_what_the_api_says_of_it(days, client, api):
    said = api.get("/api/v1/digest/2026-11-23/").json()
    html = text_of(client.get("/digest/2026-11-23/"))
    assert "Monday, 23" in html
    assert said["introduction"] in html
    for part in ("topic", "problem", "case_study"):
        assert f'<h2><a href="{said[part]["url"]}">{said[part]["title"]}</a></h2>' in html
        assert said[part]["text"].strip() in html
    assert said["topic"]["formula_html"] in html
    assert '<span class="level level-easy">easy</span>' in html
    assert "Case study, Acme" in html
    assert 'href="/api/v1/digest/2026-11-23/"' in html
    assert 'href="/api/v1/digest/feed.atom"' in html


def test_a_day_leads_to_the_one_before_and_the_one_after(days, client, on):
    first, second = (text_of(client.get(address)) for address in PAGES[1:3])
    assert 'rel="next" href="/digest/2026-11-24/"' in first
    assert 'rel="prev"' not in first
    assert 'rel="prev" href="/digest/2026-11-23/"' in second
    assert 'rel="next"' not in second
    on(MONDAY + 2 * A_DAY, fixed=False)
    assert 'rel="next" href="/digest/2026-11-25/"' in text_of(client.get(PAGES[2]))


@pytest.mark.parametrize(
    "address",
    [
        *("/digest/2026-11-22/", "/digest/2026-11-25/", "/digest/2026-11-31/", "/digest/x/"),
        *("/digest/20261123/", "/digest/2026-11-23", "/digest/0000-00-00/"),
    ],
)
def test_a_day_that_is_not_there_has_no_page(days, client, address):
    response = client.get(address, follow=True)
    assert response.status_code == (200 if address == "/digest/2026-11-23" else 404)


def test_today_leads_to_the_day_of_the_site_s_place(days, client):
    response = client.get("/digest/today/")
    assert (response.status_code, response["Location"]) == (302, "/digest/2026-11-24/")


def test_the_archive_lists_every_day_by_month(library, on, client):
    for number in range(70):
        on(MONDAY + number * A_DAY)
    html = text_of(client.get("/digest/"))
    dates = re.findall(r'<a href="/digest/(\d{4}-\d\d-\d\d)/"', html)
    assert dates == [str(MONDAY + number * A_DAY) for number in range(69, 9, -1)]
    assert re.findall(r'<h2 id="m-[0-9-]+">([^<]+)</h2>', html) == [
        *("January 2027", "December 2026"),
    ]
    assert "70 days" in html
    older = text_of(client.get("/digest/?page=2"))
    assert len(re.findall(r'<a href="/digest/\d', older)) == 10
    # A page that is none is the nearest that there is, as in the other lists.
    for query in ("page=99", "page=x", "page=-1"):
        assert client.get(f"/digest/?{query}").status_code == 200


def test_home_begins_with_today(days, client):
    html = text_of(client.get("/"))
    assert html.index("<h2>Today</h2>") < html.index("<h2>Case studies</h2>")
    assert "Tuesday, 24 November 2026" in html
    assert '<h3><a href="/topics/a-test/">A test</a></h3>' in html
    assert '<a href="/digest/">Earlier days</a>' in html


def test_home_shows_the_day_of_the_site_s_time_zone(library, on, client, settings):
    settings.TIME_ZONE = "Pacific/Kiritimati"  # fourteen hours ahead of UTC
    on(MONDAY)
    assert "Tuesday, 24 November 2026" in text_of(client.get("/"))


def test_what_is_missing_is_said_in_words(db, on, client):
    Card.objects.all().delete()
    on(MONDAY)
    for address in ("/", "/digest/2026-11-23/"):
        html = text_of(client.get(address))
        for kind in ("topic", "problem", "case study"):
            assert f"No {kind} is published yet." in html
    assert "Nothing was published." in text_of(client.get("/digest/"))


def test_a_curator_s_own_introduction_is_text(library, on, client):
    Digest.objects.create(date=MONDAY, introduction="<b>One</b> & all.\n\nTwo.")
    on(MONDAY)
    html = text_of(client.get("/digest/2026-11-23/"))
    assert "<p>&lt;b&gt;One&lt;/b&gt; &amp; all.</p>" in html
    assert "<p>Two.</p>" in html


@pytest.mark.parametrize("address", ["/", "/cases/", "/topics/a-test/", "/digest/"])
def test_every_page_names_the_feed_and_leads_to_the_digest(library, client, address):
    html = text_of(client.get(address))
    head, body = html.split("</head>")
    assert re.search(
        r'<link rel="alternate" type="application/atom\+xml"[^>]+'
        r'href="/api/v1/digest/feed.atom">',
        head,
    )
    assert '<a href="/digest/">The day’s digest</a>' in body
