"""Exports: everything published as CSV, JSON Lines and BibTeX, whole, readable and unharmful."""

import csv
import io
import json
import tracemalloc

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kb import exports, services
from kb.models import CaseStudy, Claim, Source
from rest.version import raise_content_version
from tests.kb.bib import parse

EXPORTS = "/api/v1/exports/"
FILES = {
    **dict.fromkeys(["case-studies.csv", "claims.csv", "sources.csv"], "text/csv; charset=utf-8"),
    **dict.fromkeys(["case-studies.jsonl", "claims.jsonl", "sources.jsonl"], "application/jsonl"),
    "sources.bib": "application/x-bibtex",
}
pytestmark = pytest.mark.usefixtures("folder")


def text(client, name: str) -> str:
    response = client.get(f"{EXPORTS}{name}")
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()


def objects(client, name: str) -> list[dict]:
    return [json.loads(line) for line in text(client, name).splitlines()]


def table(client, name: str) -> list[dict]:
    return list(csv.DictReader(io.StringIO(text(client, name), newline="")))


def every(client, collection: str) -> list[dict]:
    found, address = [], f"/api/v1/{collection}/?page_size=100"
    while address:
        answer = client.get(address).json()
        found += answer["results"]
        address = answer["next"]
    return found


def published() -> list[str]:
    return sorted(CaseStudy.objects.published().values_list("slug", flat=True))


# --- the answer ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "media_type"), FILES.items())
def test_each_is_a_file_with_a_name_a_type_and_a_licence(api, name, media_type):
    response = api.get(f"{EXPORTS}{name}")
    assert response.streaming
    assert response["Content-Type"] == media_type
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert "creativecommons.org/licenses/by/4.0" in response["Link"]
    body = b"".join(response.streaming_content).decode()
    assert "CC BY 4.0" in body


@pytest.mark.parametrize("name", FILES)
def test_each_has_a_strong_etag_that_changes_when_something_is_published(api, name):
    first = api.get(f"{EXPORTS}{name}")
    assert first["ETag"].startswith('"')
    assert first["Cache-Control"] == "public, no-cache"
    with CaptureQueriesContext(connection) as queries:
        again = api.get(f"{EXPORTS}{name}", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, len(queries)) == (304, b"", 1)
    services.withdraw(CaseStudy.objects.get(slug="acme-ranker"))
    changed = api.get(f"{EXPORTS}{name}", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


@pytest.mark.parametrize("name", FILES)
def test_a_head_has_the_headers_and_makes_nothing(api, name):
    got, headed = api.get(f"{EXPORTS}{name}"), api.head(f"{EXPORTS}{name}")
    assert headed.status_code == 200
    for header in ("Content-Type", "Content-Disposition", "ETag", "Link"):
        assert headed[header] == got[header]
    assert b"".join(headed.streaming_content) == b""


@pytest.mark.parametrize("name", FILES)
def test_whoever_is_signed_in_gets_the_same_privately(api, client, ada, name):
    client.force_login(ada)
    response = client.get(f"{EXPORTS}{name}")
    assert response["Cache-Control"] == "private, no-store"
    assert b"".join(response.streaming_content).decode() == text(api, name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "claims", "claims.bib", "case-studies.bib", "claims.xml", "claims.csv/", "users.csv"),
        *("sources.bibtex", "CLAIMS.csv", "claims.json", "../claims.csv", "topics.jsonl"),
    ],
)
def test_what_is_not_exported_is_a_problem(api, name):
    response = api.get(f"{EXPORTS}{name}")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


def test_an_unknown_parameter_is_refused(api):
    response = api.get(f"{EXPORTS}claims.csv?company=acme")
    assert response.json()["errors"][0]["pointer"] == "?company"


# --- what is in them ----------------------------------------------------------------------------


def test_the_claims_are_those_of_the_list_in_its_form(api):
    claims = every(api, "claims")
    assert objects(api, "claims.jsonl") == claims
    rows = table(api, "claims.csv")
    assert len(rows) == len(claims)
    for row, claim in zip(rows, claims, strict=True):
        assert (row["key"], row["case_study"], row["url"]) == (
            *(claim["key"], claim["case_study"], claim["url"]),
        )
        assert row["quantity"] == claim["quantity"]["slug"]
        assert row["base_unit"] == claim["quantity"]["base_unit"]
        assert float(row["value"]) == claim["value"]
        assert float(row["base_value"]) == pytest.approx(claim["base_value"], rel=1e-14)
        assert (row["value_max"] == "") == (claim["value_max"] is None)
        assert row["conflicts_with"] == ",".join(claim["conflicts_with"])
        assert row["text"].removeprefix("'") == claim["text"]


def test_the_cases_are_whole_and_in_the_form_of_one_case(api):
    lines = objects(api, "case-studies.jsonl")
    assert [line["slug"] for line in lines] == published()
    for line in lines:
        case = api.get(f"/api/v1/case-studies/{line['slug']}/").json()
        assert line == {k: v for k, v in case.items() if k not in ("html", "related")}


def test_the_table_of_cases_has_what_a_list_shows_and_the_components(api):
    rows = table(api, "case-studies.csv")
    assert [row["slug"] for row in rows] == published()
    items = {item["slug"]: item for item in every(api, "case-studies")}
    for row in rows:
        item = items[row["slug"]]
        assert row["company"] == item["company"]["slug"]
        assert row["company_name"] == item["company"]["name"]
        assert row["techniques"].split(",") == item["techniques"]
        assert int(row["year"]) == item["year"]
        assert row["published_at"] == item["published_at"]
        case = api.get(f"/api/v1/case-studies/{row['slug']}/").json()
        parts = sorted({part["component"] for part in case["architecture"]["components"]})
        assert [slug for slug in row["components"].split(",") if slug] == parts


def test_the_sources_are_those_of_the_cases(api):
    lines = objects(api, "sources.jsonl")
    expected = [
        {"case_study": slug} | source | {"license": "CC BY 4.0"}
        for slug in published()
        for source in api.get(f"/api/v1/case-studies/{slug}/").json()["sources"]
    ]
    assert lines == expected
    rows = table(api, "sources.csv")
    for row, line in zip(rows, lines, strict=True):
        assert row == {name: str(value or "") for name, value in line.items()}


def test_what_is_withdrawn_or_a_draft_is_in_none_of_them(api, cora):
    draft = services.start_draft(CaseStudy.objects.get(slug="acme-ranker"), cora)
    draft.title = "Xyzzy"
    draft.save()
    services.withdraw(CaseStudy.objects.get(slug="acme-scorer"))
    for name in FILES:
        body = text(api, name)
        assert "acme-ranker" in body or name.startswith("claims")
        assert "acme-scorer" not in body
        assert "Xyzzy" not in body


def test_an_empty_site_exports_headers_and_nothing_else(api):
    CaseStudy.objects.update(state="draft")
    raise_content_version()
    for name in FILES:
        body = text(api, name)
        if name.endswith(".csv"):
            assert body.count("\r\n") == 1
        else:
            assert body == "" or body.startswith("%")


# --- CSV ----------------------------------------------------------------------------------------


def one_source(**values) -> None:
    [source] = Source.objects.filter(case_study__slug="acme-scorer", key="paper")
    for name, value in values.items():
        setattr(source, name, value)
    source.save()


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", '=HYPERLINK("x")'])
def test_a_text_that_a_spreadsheet_would_compute_is_kept_a_text(api, title):
    one_source(title=title)
    [row] = [row for row in table(api, "sources.csv") if row["title"].endswith(title)]
    assert row["title"] == f"'{title}"
    # Other forms are read by no spreadsheet.
    assert title in [line["title"] for line in objects(api, "sources.jsonl")]


def test_negative_numbers_stay_numbers(api):
    claims = Claim.objects.filter(case_study__slug="acme-scorer", key="share")
    claims.update(value=-2.5, base_value=-0.0025, text="-2.5 per thousand", value_max=None)
    [row] = [row for row in table(api, "claims.csv") if row["key"] == "share"]
    assert (row["value"], row["base_value"]) == ("-2.5", "-0.0025")
    assert row["text"] == "'-2.5 per thousand"


def test_quotes_commas_and_lines_are_quoted_as_rfc_4180_says(api):
    title = 'A "quoted", and\nbroken title; größer — 日本'
    one_source(title=title)
    body = text(api, "sources.csv")
    assert '"A ""quoted"", and\nbroken title; größer — 日本"' in body
    assert title in [row["title"] for row in table(api, "sources.csv")]
    assert body.endswith("\r\n")
    header, _, _rest = body.partition("\r\n")
    assert header.split(",") == list(exports.SOURCE_COLUMNS)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        *((65.0, "65"), (0.1, "0.1"), (2e12, "2000000000000"), (1e-9, "1e-09"), (2015, "2015")),
        *((None, ""), ([], ""), (["a", "b"], "a,b"), ("", ""), ("a=b", "a=b"), ("=a", "'=a")),
    ],
)
def test_how_a_value_stands_in_a_cell(value, cell):
    assert exports._cell(value) == cell


# --- BibTeX -------------------------------------------------------------------------------------


def test_every_source_is_an_entry_with_a_key_of_its_own(api):
    entries = parse(text(api, "sources.bib"))
    lines = objects(api, "sources.jsonl")
    assert list(entries) == [f"{line['case_study']}:{line['key']}" for line in lines]
    for line, entry in zip(lines, entries.values(), strict=True):
        assert entry["type"] in ("article", "inproceedings", "misc")
        assert entry.get("doi", "") == line["doi"]
        assert entry.get("url", "") == line["url"]
        assert entry.get("year", "") == str(line["year"] or "")
        if line["confidence"] != "original":
            assert entry["note"].startswith(("A secondary", "Only its opening", "Not verified"))
    paper = entries["netflix-recommender-system:gomez-uribe-hunt-2015"]
    assert paper["author"] == "Carlos A. Gomez-Uribe and Neil Hunt"
    assert paper["type"] == "article"
    assert text(api, "sources.bib") == text(api, "sources.bib")


# --- size ---------------------------------------------------------------------------------------


def test_an_export_needs_no_more_memory_for_more_rows(api):
    def peak() -> int:
        tracemalloc.start()
        try:
            length = sum(map(len, exports.claims_csv()))
            assert length > 0
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    claim = Claim.objects.get(case_study__slug="acme-scorer", key="share")
    values = {field.attname: getattr(claim, field.attname) for field in Claim._meta.fields}

    def add(start: int, end: int) -> None:
        Claim.objects.bulk_create(
            (Claim(**values | {"id": None, "key": f"copy-{n}"}) for n in range(start, end)),
            batch_size=500,
        )

    add(0, 2000)
    peak()
    few = peak()
    add(2000, 12_000)
    assert peak() < few + 1_000_000


@pytest.mark.parametrize("name", FILES)
def test_an_export_is_a_few_queries(api, name):
    with CaptureQueriesContext(connection) as queries:
        text(api, name)
    assert len(queries) <= 4
