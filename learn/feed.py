"""The digest as an Atom feed (RFC 4287), with all that each day says."""

import datetime
import re
from collections.abc import Sequence
from html import unescape
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed

from kb.case_data import LICENSE
from learn.choice import PARTS
from learn.digest import Day

MEDIA_TYPE = "application/atom+xml"
MOST_DAYS = 30
PATH = "/api/v1/digest/feed.atom"
LICENSE_URL = "https://creativecommons.org/licenses/by/4.0/"
MATHML = "http://www.w3.org/1998/Math/MathML"
# What XML 1.0 has no way to write.
NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
ALTTEXT = re.compile(r'\balttext="([^"]*)"')


class DigestFeed(Atom1Feed):
    """Django's, with whole contents and a licence that programs find (RFC 4946)."""

    def add_root_elements(self, handler):
        super().add_root_elements(handler)
        handler.addQuickElement("link", "", {"rel": "license", "href": LICENSE_URL})

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        # As HTML: in a content of type xhtml RFC 4287 allows elements of XHTML only, not MathML.
        handler.addQuickElement("content", item["content"], {"type": "html"})


def render(days: Sequence[Day], site: str) -> str:
    """The feed of some days, the newest first; `site` begins every address in it."""
    # Tag URIs (RFC 4151), which stay when the site moves to HTTPS or to another port, and whatever
    # name of the host the reader uses.
    host = urlsplit(settings.SITE_ADDRESS).hostname
    digest_feed = DigestFeed(
        title="Casebook: the day’s digest",
        link=f"{site}/digest/",
        description=None,
        subtitle="Each day a topic with its formula, a problem, and a case study.",
        language=settings.LANGUAGE_CODE,
        author_name="Casebook",
        feed_url=f"{site}{PATH}",
        feed_guid=f"tag:{host},2026:/digest/",
        feed_copyright=LICENSE,
    )
    zone = timezone.get_default_timezone()
    for day in days:
        address = f"{site}/digest/{day.date}/"
        digest_feed.add_item(
            title=_plain(title_of(day)),
            link=address,
            description=None,
            unique_id=f"tag:{host},{day.date}:/digest/{day.date}/",
            pubdate=datetime.datetime.combine(day.date, datetime.time(), zone),
            updateddate=day.updated_at,
            content=_plain(content_of(day, site, address)),
        )
    return digest_feed.writeString("utf-8")


def title_of(day: Day) -> str:
    """The titles of what the day has; its date where it has nothing."""
    parts = [getattr(day, name) for name in PARTS]
    titles = [part["title"] for part in parts if part]
    return " · ".join(titles) or f"{day.date:%A, %-d %B %Y}"


def content_of(day: Day, site: str, address: str) -> str:
    """The whole day as HTML that stands alone, and that is well-formed XML besides."""
    formula = day.topic["formula_html"] if day.topic else ""
    context = {
        "day": day,
        "site": site,
        "address": address,
        "formula": formula.replace("<math ", f'<math xmlns="{MATHML}" ', 1),
        "tex": tex_of(formula),
        "license": LICENSE,
        "license_url": LICENSE_URL,
    }
    return render_to_string("learn/feed_day.html", context)


def tex_of(formula_html: str) -> str:
    found = ALTTEXT.search(formula_html)
    return unescape(found[1]) if found else ""


def _plain(text: str) -> str:
    return NOT_IN_XML.sub("", text)
