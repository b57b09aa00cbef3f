"""The Atom feed: what RFC 4287 asks for, with whatever stands in a title or a text."""

import datetime
from html.parser import HTMLParser
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from kb.topic_render import render_key_formula
from learn import feed
from learn.digest import Day

ATOM = "{http://www.w3.org/2005/Atom}"
MATH = "{http://www.w3.org/1998/Math/MathML}"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
SITE = "https://casebook.example.org"
DATE = datetime.date(2026, 11, 24)
HOSTILE = "</title><script>alert(\"1\")</script> & Söhne &amp; 'x' ]]> 🐍 \U0001d703 \x0b\x00\ufffe"
TEX = r"\posterior{p(a \mid b)} = \frac{p(b \mid a)\,\prior{p(a)}}{p(b)} < 1"
TEXT = "A test that finds nine cases in ten has just come back positive: commit to a number."


def made(date=DATE, **changes) -> Day:
    parts = {
        "topic": {
            "slug": "bayes",
            "title": "Bayes",
            "text": TEXT,
            "formula_html": render_key_formula(TEX),
            "url": "/topics/bayes/",
            "replaced": False,
        },
        "problem": {
            "slug": "double",
            "title": "Double",
            "difficulty": "easy",
            "text": TEXT,
            "url": "/problems/double/",
            "replaced": False,
        },
        "case_study": {
            "slug": "radar",
            "title": "Radar",
            "company": "Stripe",
            "text": TEXT,
            "url": "/cases/radar/",
            "replaced": False,
        },
    }
    said = {"introduction": "What a number is worth.", "is_fixed": True, "pinned": frozenset()}
    at = datetime.datetime.combine(date, datetime.time(0, 1), datetime.UTC)
    return Day(**({"date": date, "updated_at": at} | parts | said | changes))


def parsed(days, site=SITE) -> ElementTree.Element:
    return ElementTree.fromstring(feed.render(days, site))


def one(element, name: str) -> ElementTree.Element:
    [found] = element.findall(ATOM + name)
    return found


def text_of(element, name: str) -> str:
    return one(element, name).text


def links(element) -> dict[str, str]:
    return {link.get("rel"): link.get("href") for link in element.findall(f"{ATOM}link")}


def content(entry) -> ElementTree.Element:
    """As XML: it is well-formed, whatever reads it."""
    return ElementTree.fromstring(f"<div>{text_of(entry, 'content')}</div>")


class Tags(HTMLParser):
    """As HTML: what a reader of feeds makes of it."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def rfc_3339(text: str) -> datetime.datetime:
    time = datetime.datetime.fromisoformat(text)
    assert time.utcoffset() is not None, text
    return time


def test_the_feed_has_what_rfc_4287_asks_for():
    root = parsed([made(), made(DATE - datetime.timedelta(days=1))])
    assert root.tag == f"{ATOM}feed"
    assert root.get(LANGUAGE) == "en-gb"
    assert text_of(root, "title")
    assert text_of(root, "subtitle")
    assert text_of(root, "rights") == "CC BY 4.0"
    assert text_of(one(root, "author"), "name") == "Casebook"
    assert urlsplit(text_of(root, "id")).scheme == "tag"
    assert links(root) == {
        "alternate": f"{SITE}/digest/",
        "self": f"{SITE}/api/v1/digest/feed.atom",
        "license": "https://creativecommons.org/licenses/by/4.0/",
    }
    entries = root.findall(f"{ATOM}entry")
    assert [text_of(entry, "updated")[:10] for entry in entries] == ["2026-11-24", "2026-11-23"]
    for entry in entries:
        assert text_of(entry, "title") == "Bayes · Double · Radar"
        assert rfc_3339(text_of(entry, "published")) <= rfc_3339(text_of(entry, "updated"))
        assert one(entry, "content").get("type") == "html"
        assert list(links(entry)) == ["alternate"]
    ids = [text_of(element, "id") for element in (root, *entries)]
    assert len(set(ids)) == 3
    assert links(entries[0])["alternate"] == f"{SITE}/digest/2026-11-24/"


def test_it_was_updated_when_the_last_of_its_days_was():
    days = [made(), made(DATE - datetime.timedelta(days=1), updated_at=made().updated_at)]
    later = made().updated_at + datetime.timedelta(hours=5)
    days.append(made(DATE - datetime.timedelta(days=2), updated_at=later))
    assert rfc_3339(text_of(parsed(days), "updated")) == later
    # Nothing of it is of the moment when it is made.
    assert feed.render(days, SITE) == feed.render(days, SITE)


def test_a_day_keeps_its_id_by_whatever_name_the_site_is_reached(settings):
    settings.SITE_ADDRESS = "https://casebook.example.org"

    def ids(site):
        root = parsed([made()], site)
        return [text_of(root, "id"), text_of(one(root, "entry"), "id")]

    assert ids("http://localhost:8000") == ids(SITE)
    assert ids(SITE)[1] == "tag:casebook.example.org,2026-11-24:/digest/2026-11-24/"


def test_a_day_is_published_at_midnight_of_the_site_s_place(settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    entry = one(parsed([made()]), "entry")
    assert text_of(entry, "published") == "2026-11-24T00:00:00+09:00"


def test_the_content_is_the_whole_day_with_absolute_links():
    body = content(one(parsed([made()]), "entry"))
    words = " ".join("".join(body.itertext()).split())
    for said in ("What a number is worth.", "Problem, easy: Double", "Case study, Stripe: Radar"):
        assert said in words
    assert words.count(TEXT) == 3
    assert [link.get("href") for link in body.iter("a")] == [
        f"{SITE}/topics/bayes/",
        f"{SITE}/problems/double/",
        f"{SITE}/cases/radar/",
        f"{SITE}/digest/2026-11-24/",
        "https://creativecommons.org/licenses/by/4.0/",
    ]


def test_a_formula_is_mathml_and_for_who_shows_none_tex():
    body = content(one(parsed([made()]), "entry"))
    plain = r"{p(a \mid b)} = \frac{p(b \mid a)\,{p(a)}}{p(b)} < 1"
    [math] = body.iter(f"{MATH}math")
    assert math.get("alttext") == plain
    assert [element.tag for element in math.iter(f"{MATH}mfrac")]
    [code] = body.iter("code")
    assert code.text == plain
    # In text that a reader keeps of elements that it drops, no TeX stands between the symbols.
    assert not list(math.iter(f"{MATH}annotation"))


def test_a_topic_without_a_formula_has_none():
    topic = made().topic | {"formula_html": ""}
    body = content(one(parsed([made(topic=topic)]), "entry"))
    assert not [element for element in body.iter() if "math" in element.tag]
    assert not list(body.iter("code"))


@pytest.mark.parametrize("part", ["topic", "problem", "case_study"])
def test_what_is_missing_or_replaced_is_said_in_words(part):
    missing, instead = (
        made(**{part: None}),
        made(**{part: getattr(made(), part) | {"replaced": True}}),
    )
    words = "".join(content(one(parsed([missing]), "entry")).itertext())
    assert f"No {part.replace('_', ' ')} is published yet." in words
    assert words.count(TEXT) == 2
    words = "".join(content(one(parsed([instead]), "entry")).itertext())
    assert words.count("In place of one that was withdrawn.") == 1


def test_a_day_with_nothing_has_its_date_for_a_title():
    empty = made(topic=None, problem=None, case_study=None)
    entry = one(parsed([empty]), "entry")
    assert text_of(entry, "title") == "Tuesday, 24 November 2026"
    assert "No topic is published yet." in text_of(entry, "content")


def test_whatever_stands_in_a_title_or_a_text_is_text():
    day = made()
    changes = {
        name: getattr(day, name) | {"title": HOSTILE, "text": HOSTILE}
        for name in ("topic", "problem", "case_study")
    }
    changes["case_study"]["company"] = HOSTILE
    entry = one(parsed([made(introduction=HOSTILE, **changes)]), "entry")
    # What XML cannot say is left out; all else is there.
    said = HOSTILE.translate({0x0B: None, 0x00: None, 0xFFFE: None})
    assert text_of(entry, "title") == " · ".join([said] * 3)
    as_html = Tags(text_of(entry, "content"))
    assert "script" not in [tag for tag, _ in as_html.tags]
    assert as_html.text.count("Söhne &amp; 'x' ]]> 🐍") == 8
    assert not [name for _, attrs in as_html.tags for name in attrs if name.startswith("on")]
    content(entry)


def test_an_introduction_of_two_paragraphs_is_two():
    body = content(one(parsed([made(introduction="One.\n\nTwo.")]), "entry"))
    assert [element.text for element in list(body)[:2]] == ["One.", "Two."]


def test_an_empty_feed_is_well_formed():
    assert parsed([]).findall(f"{ATOM}entry") == []
