"""Every address of the site, found in its URLs: none can be forgotten.

An address without parameters is found by itself. One with parameters takes values from the tables
here; one for which there are none fails the tests that walk, until somebody says what it takes.
"""

import datetime
import re
from collections.abc import Iterator
from typing import NamedTuple

from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.test import Client
from django.urls import get_resolver, reverse
from django.urls.resolvers import RegexPattern, URLPattern, URLResolver
from django.utils import timezone

from kb.models import Link, Topic
from kb.models.entry import Entry
from learn.models import Digest
from tests.belongings import Belongings

TOPIC, PROBLEM, CASE = "attention", "bayes-diagnostic-test", "stripe-radar-fraud"
SLUGS = {
    "topic": TOPIC,
    "problem": PROBLEM,
    "case-study": CASE,
    "study-plan": "probability-and-bayes",
    "technique": "gradient-boosting",
    "company": "stripe",
    "component": "heavy-ranker",
    "quantity": "latency",
    "unit": "ms",
}
# By the name of the URL, where the rules below do not find them.
VALUES = {
    "problem-hint": [{"slug": PROBLEM, "number": 1}],
    "api-problem-reveal": [{"slug": PROBLEM, "number": 1}],
    "guide": [{"name": "jobs"}],
    "guide-markdown": [{"name": "jobs"}],
    "kind-detail": [{"kind": "diagnostic-test"}],
    "api-my-topic": [{"slug": TOPIC}],
    "api-answers": [{"slug": TOPIC}],
}
# Whoever has a link that works is let in; a stranger has one that does not.
OF_LINKS = {"key": "1-nothing", "secret": "1-nothing"}
# Addresses that say nothing without a question.
QUERIES = {
    "search": f"?q={TOPIC}",
    "api-search-list": f"?q={TOPIC}",
    "compare": f"?slug={CASE},uber-michelangelo",
    "api-case-study-compare": f"?slug={CASE},uber-michelangelo",
    "admin:autocomplete": "?app_label=kb&model_name=topic&field_name=chapter&term=a",
}
UNNAMED = {
    "/^api/": ["/api/", "/api/v1/nothing/", "/api/v2/"],
    "/admin/(?P<url>.*)$": ["/admin/nothing/"],
}


class Address(NamedTuple):
    # Of the URL, with its namespace: "admin:kb_topic_change"; or its route where it has no name.
    name: str
    path: str
    # Whether the path names something that is Ada's.
    is_of_somebody: bool = False

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")


class Url(NamedTuple):
    name: str
    route: str
    parameters: frozenset[str]


def urls() -> list[Url]:
    """Every URL of the site."""
    return list(_urls(get_resolver(), "", "/", frozenset()))


def _urls(resolver: URLResolver, namespace: str, route: str, above: frozenset) -> Iterator[Url]:
    for one in resolver.url_patterns:
        path, names = f"{route}{one.pattern}", above | _parameters(one)
        if isinstance(one, URLResolver):
            inner = f"{namespace}{one.namespace}:" if one.namespace else namespace
            yield from _urls(one, inner, path, names)
        else:
            yield Url(f"{namespace}{one.name}" if one.name else path, path, names)


def _parameters(one: URLPattern | URLResolver) -> frozenset[str]:
    if isinstance(one.pattern, RegexPattern):
        return frozenset(one.pattern.regex.groupindex)
    return frozenset(one.pattern.converters)


def addresses(things: Belongings) -> list[Address]:
    """An address or more of each URL; what is somebody's is Ada's. Fails for what is unknown."""
    found, unknown = [], []
    for url in urls():
        question = QUERIES.get(url.name, "")
        if url.name in UNNAMED:
            found += [Address(url.name, path) for path in UNNAMED[url.name]]
        elif not url.parameters:
            path = url.name if url.name.startswith("/") else reverse(url.name)
            found.append(Address(url.name, path + question))
        elif values := _values(url, things):
            found += [Address(url.name, _path(url, some), own) for some, own in values]
        else:
            unknown.append(url)
    assert not unknown, f"Say in tests/walk.py which values these take: {unknown}"
    return found


def _path(url: Url, values: dict) -> str:
    if not url.name.startswith("/"):
        return reverse(url.name, kwargs=values)
    return re.sub(r"<path:(\w+)>", lambda match: str(values[match[1]]), url.name)


def _values(url: Url, things: Belongings) -> list[tuple[dict, bool]]:
    """Values for the parameters of a URL, and whether they name something of Ada's."""
    if url.name in VALUES:
        return [(values, False) for values in VALUES[url.name]]
    if url.parameters <= set(OF_LINKS):
        return [({name: OF_LINKS[name] for name in url.parameters}, False)]
    if own := _own(url, things):
        return [(values, True) for values in own]
    if url.parameters == {"date"}:
        today = timezone.localdate()
        days = (today, today - datetime.timedelta(days=1), today + datetime.timedelta(days=1))
        return [({"date": day.isoformat()}, False) for day in days]
    if url.route.startswith("/admin/"):
        return _of_admin(url, things)
    if url.name == "preview":
        draft = things.rows["kb.Topic.author"]
        return [({"entry_type": "topic", "pk": draft.pk}, False)]
    if url.parameters == {"slug"}:
        name = url.name.removeprefix("api-")
        kind = max((kind for kind in SLUGS if name.startswith(kind)), key=len, default=None)
        return [({"slug": SLUGS[kind]}, False)] if kind else []
    return []


def _own(url: Url, things: Belongings) -> list[dict]:
    if url.name.startswith("api-submission-"):
        return [{"pk": things.submission.pk}]
    if url.name.startswith("dataset-"):
        return [{"pk": things.dataset.pk}]
    jobs = (things.job, things.private_job, things.running_job)
    if url.name == "job-chart":
        forms = ("json", "svg", "png")
        return [{"pk": job.pk, "name": "posterior", "form": form} for job in jobs for form in forms]
    if url.name.startswith("job-"):
        return [{"pk": job.pk} for job in jobs]
    if url.parameters == {"token_key"}:
        return [{"token_key": things.rows["knox.AuthToken.user"].token_key}]
    return []


def _of_admin(url: Url, things: Belongings) -> list[tuple[dict, bool]]:
    """An object of each list of the admin: Ada's, if it is one of what is somebody's."""
    if url.name == "admin:view_on_site":
        topic = ContentType.objects.get_for_model(Topic)
        return [({"content_type_id": topic.pk, "object_id": Topic.objects.first().pk}, False)]
    if url.name == "admin:app_list":
        return [({"app_label": label}, False) for label in ("kb", "compute", "auth")]
    *_, app, model_name = url.route.split("/")[:4]
    model = apps.get_model(app, model_name)
    own = _rows_of(model, things)
    return [
        ({name: 1 if name == "number" else row.pk for name in url.parameters}, bool(own))
        for row in own or _some(model, things)
    ]


def _rows_of(model: type[models.Model], things: Belongings) -> list[models.Model]:
    if model is User:
        return [things.owner]
    if issubclass(model, Entry) or model._meta.label == "kb.Revision":
        return []
    return [row for row in things.rows.values() if type(row) is model]


def _some(model: type[models.Model], things: Belongings) -> list[models.Model]:
    """One row; of entries one that is published and one that is a draft."""
    if issubclass(model, Entry):
        draft = things.rows[f"{model._meta.label}.author"]
        return [model.objects.published().first(), draft]
    first = model.objects.first()
    if first is None and model in MADE:
        first = model.objects.create(**MADE[model])
    return [first] if first else []


# Of what nothing is shipped.
MADE = {
    Link: {"url": "https://example.org/"},
    Digest: {"date": datetime.date(2100, 1, 1)},
}


# --- Whoever walks --------------------------------------------------------------------------------


class Visitor:
    """Somebody in front of a browser, in the same session at every step; None is signed out."""

    def __init__(self, user: User | None):
        self.user = user
        browser = Client()
        if user is not None:
            browser.force_login(user)
        self.cookies = {name: one.value for name, one in browser.cookies.items()}

    def send(self, method: str, address: Address, data: dict | None = None):
        """The answer, read to its end."""
        browser = Client(raise_request_exception=False)
        for name, value in self.cookies.items():
            browser.cookies[name] = value
        fields = {"data": data or {}}
        if address.is_api and method in ("POST", "PUT", "PATCH", "DELETE"):
            fields["content_type"] = "application/json"
        elif method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
            fields = {}
        response = getattr(browser, method.lower())(address.path, **fields)
        response.text_of_all = f"{response.headers}{response.cookies}".encode() + (
            response.getvalue() if response.streaming else response.content
        )
        return response


class Writes:
    """Notes what changes rows while it is open."""

    CHANGE = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)

    def __init__(self):
        self.statements: list[str] = []

    def __enter__(self):
        self._open = connection.execute_wrapper(self._note)
        self._open.__enter__()
        return self

    def __exit__(self, *exc):
        self._open.__exit__(*exc)

    def _note(self, execute, sql, params, many, context):
        if self.CHANGE.match(str(sql)):
            self.statements.append(f"{sql[:120]}")
        return execute(sql, params, many, context)
