"""A site from before cases were data: what people wrote there is still there, and can be read."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from tests.processes import ROOT, environment

# The rows as they were then, with the models of then.
OLD_SITE = """
import django
django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.timezone import now

executor = MigrationExecutor(connection)
executor.migrate([("kb", "0002_search")])
apps = executor.loader.project_state([("kb", "0002_search")]).apps
published = {"state": "published", "version": 1, "published_at": now(), "summary": "S."}
acme = apps.get_model("kb", "Company").objects.create(slug="acme", title="Acme", **published)
apps.get_model("kb", "Technique").objects.create(
    slug="weeding", title="Weeding", group="Gardening", **published
)
case = apps.get_model("kb", "CaseStudy").objects.create(
    slug="garden", title="A garden", company=acme, domain="other", year=2020,
    body="## Beds {#beds}\\n\\nOf 12 beds, 3 are weeded [@paper].",
    rendered={"html": "old", "text": "old"}, **published,
)
apps.get_model("kb", "Source").objects.create(
    case_study=case, key="paper", title="On beds", url="https://example.org/beds"
)
# What was no mark then is one now, so that this does not render.
issue = apps.get_model("kb", "CaseStudy").objects.create(
    slug="issue", title="An issue", company=acme, domain="other", year=2020,
    body="## Beds {#beds}\\n\\nSee [#12].", rendered={"html": "as it was"}, **published,
)
apps.get_model("kb", "Source").objects.create(case_study=issue, key="note", title="A note")
"""
# The parts of a rendering that were there already.
TEXTS = {
    *("sections", "lessons", "negative_results", "not_public", "questions", "audience"),
    *("minutes", "text"),
}


def run(state, *words):
    result = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment(state) | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory):
    """The folder of a site that was brought up to date, and what was said meanwhile."""
    state = tmp_path_factory.mktemp("old")
    run(state, "-c", OLD_SITE)
    return state, run(state, "-m", "config.prepare")


def one(state, query):
    with closing(sqlite3.connect(state / "casebook.sqlite3")) as database:
        [row] = database.execute(query)
    return row


def test_a_case_of_then_keeps_its_text_and_is_rendered_with_all_that_readers_see(upgraded):
    state, _ = upgraded
    query = "SELECT body, rendered FROM kb_casestudy WHERE slug = 'garden' AND draft_of_id IS NULL"
    body, rendered = one(state, query)
    assert "Of 12 beds" in body
    made = json.loads(rendered)
    assert '<section id="beds">' in made["html"]
    assert (made["claims"], made["links"], made["experiments"]) == ([], [], [])
    assert made["picture"] == {"wide": "", "tall": "", "alone": "", "text": ""}
    assert made["architecture"] == {"lanes": [], "components": [], "flows": []}


def test_a_case_that_no_longer_renders_is_shown_as_it_was(upgraded):
    state, said = upgraded
    assert "case-study issue keeps its old rendering: line 3: [#12] is not among" in said
    [rendered] = one(state, "SELECT rendered FROM kb_casestudy WHERE slug = 'issue'")
    made = json.loads(rendered)
    assert made["html"] == "as it was"
    assert [work["title"] for work in made["sources"]] == ["A note"]
    query = "SELECT rendered FROM kb_casestudy WHERE slug = 'garden' AND draft_of_id IS NULL"
    [other] = one(state, query)
    assert set(made) >= set(json.loads(other)) - TEXTS


def test_a_group_that_is_gone_is_named(upgraded):
    state, said = upgraded
    assert "The technique weeding was in the group 'Gardening'" in said
    assert one(state, """SELECT "group" FROM kb_technique WHERE slug = 'weeding'""") == ("Models",)


def test_a_work_of_then_is_known_by_its_address(upgraded):
    state, _ = upgraded
    identity = one(state, "SELECT DISTINCT identity FROM kb_source WHERE title = 'On beds'")
    assert identity == ("example.org/beds",)


def test_a_case_of_then_can_be_edited_and_hears_what_it_lacks(upgraded):
    state, _ = upgraded
    said = run(
        state,
        "-c",
        """
import django
django.setup()
from django.contrib.auth import get_user_model
from kb import services
from kb.models import CaseStudy

draft = services.start_draft(CaseStudy.objects.get(slug="garden"), None)
assert "beds" in services.preview(draft).rendered["html"]
try:
    services.publish(draft, get_user_model().objects.first())
except services.CannotPublish as exc:
    print(exc)
""",
    )
    assert "line 1: The section 'beds' is not known" in said
    assert "line 3: The number 12 is no claim" in said
