"""The guide for clients of the API: what its page shows, and that every error in it is real."""

import ast
import re
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from compute.models import Job
from compute.work import State
from rest.schema import MEANINGS
from tests import guide
from tests.compute.client import PARAMS, submit
from web.guide import guide_of

ROOT = Path(__file__).resolve().parents[2]
GROUPS, EXCHANGES = guide.read(guide.TEXT)
JOB = "0b9f4c1e-5d0c-4f3e-9a53-7f2d9a1c2b11"


def section(title: str) -> str:
    return re.split(r"^## ", guide.TEXT.partition(f"\n## {title}\n")[2], flags=re.MULTILINE)[0]


def codes(text: str) -> set[str]:
    """What stands in the first column of the first table, its heading aside."""
    rows = re.findall(r"^\| (.+?) \|", text, re.MULTILINE)
    return {row.strip("`") for row in rows[2:]}


def error_codes() -> set[str]:
    """What the code of jobs writes into `error_code`: constants, and what `_failed` is given."""
    trees = [ast.parse(path.read_text()) for path in sorted((ROOT / "compute").glob("*.py"))]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    constants = {
        node.targets[0].id: node.value
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    given = []
    for node in nodes:
        if isinstance(node, ast.Call):
            given += [word.value for word in node.keywords if word.arg == "error_code"]
            given += node.args[:1] if ast.unparse(node.func) == "_failed" else []
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            given += [value for key, value in pairs if key and ast.unparse(key) == "'error_code'"]
    values = [constants.get(ast.unparse(value), value) for value in given]
    return {value.value for value in values if isinstance(value, ast.Constant)} - {""}


def test_every_code_of_a_failed_job_is_explained_and_no_other():
    written = error_codes()
    assert written >= {"worker-lost", "time-limit", "memory-limit", "failed", "internal"}
    assert codes(section("Why a job failed")) == written


def test_every_state_is_explained():
    assert codes(section("States")) == set(State.values)


def test_every_status_is_explained_and_has_an_example():
    listed = codes(section("Errors"))
    assert listed >= set(MEANINGS) | {"500", "503"}
    assert {str(exchange.status) for exchange in EXCHANGES} == listed


def test_every_snippet_is_in_three_languages_and_shows_what_it_prints():
    assert len(GROUPS) > 8
    for group in GROUPS:
        assert set(group.snippets) == {"sh", "python", "js"}, f"line {group.line}"
        assert group.output, f"line {group.line}"
        for code in group.snippets.values():
            assert guide.WRITTEN_ADDRESS in code, f"line {group.line}: not complete"
        for text in (*group.snippets.values(), group.output):
            assert max(map(len, text.splitlines())) <= 76, f"line {group.line}: too wide"


@pytest.mark.parametrize(
    "text",
    [
        "Text.\n\n```sh\ncurl\n```\n",
        "**Ruby**\n\n```ruby\nputs 1\n```\n",
        "```http\nGET /api/v1/\n```\n",
    ],
)
def test_a_block_that_nothing_runs_is_refused(text):
    with pytest.raises(ValueError, match=r"labelled so|has no answer"):
        guide.read(text)


# --- Errors --------------------------------------------------------------------------------


def job_of(client: str, **fields) -> Job:
    ended = {"state": State.SUCCEEDED, "finished_at": timezone.now(), "time_limit": 5}
    given = ended | {"kind": "diagnostic-test", "version": 1, "params": PARAMS} | fields
    return Job.objects.create(client=client, **given)


def away(execute, sql, params, many, context):
    raise OperationalError("no database")


def send(exchange: guide.Exchange, ada):
    """The request of an exchange, sent where its answer is due."""
    client = APIClient(enforce_csrf_checks=True, raise_request_exception=False)
    method, path, _version = exchange.request.first
    headers = dict(exchange.request.headers)
    data = exchange.request.body.encode()
    match exchange.status:
        case 403:
            client.force_login(ada)
            del headers["Cookie"]
        case 413:
            data = data.ljust(int(headers.pop("Content-Length")))
        case 422 if "Authorization" in headers:
            data = data.replace(b"\n", b"\r\n")  # as a form has it
            headers["Authorization"] = f"Token {AuthToken.objects.create(user=ada)[1]}"
        case 422 if "Idempotency-Key" in headers:
            key = {"Idempotency-Key": headers["Idempotency-Key"]}
            assert submit(client, **key).status_code == 202
        case 429:
            submit(client)
            job_of(Job.objects.values_list("client", flat=True).get(), seconds=60)
    job_of("", pk=JOB, result="torn" if exchange.status == 500 else "{}")
    content_type = headers.pop("Content-Type", "application/json")

    def answer():
        return client.generic(method, path, data, content_type=content_type, headers=headers)

    if exchange.status == 503:
        with connection.execute_wrapper(away):
            return answer()
    return answer()


def name(exchange: guide.Exchange) -> str:
    return f"{exchange.status} line {exchange.line}"


@pytest.mark.parametrize("exchange", EXCHANGES, ids=name)
def test_an_error_is_answered_as_the_document_says(exchange, ada, settings):
    settings.LIMITS = settings.LIMITS | {"compute_anonymous": "60"}
    response = send(exchange, ada)
    assert response.status_code == exchange.status
    assert guide.prints(exchange.answer.body, response.content.decode())
    for field, value in exchange.answer.headers.items():
        assert response[field] == value


# --- The page ------------------------------------------------------------------------------


def test_the_page_shows_the_address_of_the_site_that_it_is_on(client):
    html = client.get("/guide/jobs/", HTTP_HOST="localhost:8123").content.decode()
    assert guide.WRITTEN_ADDRESS not in html
    assert "http://localhost:8123" in html


def test_every_section_of_the_document_is_in_the_outline(client):
    html = client.get("/guide/jobs/").content.decode()
    for title in re.findall(r"^## (.+)$", guide.TEXT, re.MULTILINE):
        key = title.lower().replace(" ", "-").replace(",", "")
        assert f'<section id="{key}"><h2>{title}</h2>' in html
        assert f'<a href="#{key}">{title}</a>' in html


def test_snippets_stand_together_with_a_label_and_what_they_print(client):
    html = client.get("/guide/jobs/").content.decode()
    assert html.count("data-snippets") == len(GROUPS)
    assert html.count('class="snippet" data-language="Python"') == len(GROUPS)
    assert html.count('<p class="snippet-label">Prints</p>') == len(GROUPS)
    assert html.count('<p class="snippet-label">Answer</p>') == len(EXCHANGES)
    assert "<strong>curl</strong>" not in html
    keys = re.findall(r'id="(snippet-[^"]+)"', html)
    assert len(keys) == len(set(keys)) == 3 * len(GROUPS)
    assert keys == re.findall(r'data-copy="(snippet-[^"]+)"', html)


def test_the_page_needs_no_query(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        assert client.get("/guide/jobs/").status_code == 200


def test_the_markdown_is_the_document_with_the_address_of_the_site(client):
    response = client.get("/guide/jobs.md")
    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    written = guide.TEXT.replace(guide.WRITTEN_ADDRESS, "http://testserver")
    assert response.content.decode() == written
    page = client.get("/guide/jobs/").content.decode()
    assert '<link rel="alternate" type="text/markdown" href="/guide/jobs.md">' in page


@pytest.mark.parametrize("address", ["/guide/", "/guide/decisions/", "/guide/decisions.md"])
def test_other_documents_are_no_guides(client, db, address):
    assert client.get(address).status_code == 404


def test_the_doors_lead_to_the_guide(client, api, db):
    assert '<a href="/guide/jobs/">' in client.get("/").content.decode()
    assert "/guide/jobs.md" in client.get("/llms.txt").content.decode()
    assert api.get("/api/v1/").json()["documentation"]["jobs"] == "/guide/jobs/"
    schema = api.get("/api/schema/?format=json").json()
    assert "/guide/jobs/" in schema["info"]["description"]
    assert "/guide/jobs/" in (ROOT / "README.md").read_text()


def test_the_documents_head_is_the_pages():
    found = guide_of("jobs", "http://testserver")
    assert found.title == "Running jobs"
    assert found.summary.startswith("How a program has Casebook compute something")
    assert "<h1" not in found.html
    assert found.summary not in found.html
