"""A case's data over the API: its architecture and picture, claims, links and experiments."""

from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compute import runner
from kb import services
from kb.casecheck import check_case
from kb.models import CaseStudy, ComponentType
from kb.terms import current_vocabulary
from tests.kb.evidence import CASE

CASES = "/api/v1/case-studies/"
SHIPPED = [
    *("google-wide-and-deep", "netflix-recommender-system", "stripe-radar-fraud"),
    "uber-michelangelo",
]
PART = [
    *("key", "component", "name", "lane", "kind", "technology", "latency", "freshness", "scale"),
    *("state", "section"),
]


def read(client, slug="acme-scorer") -> dict:
    response = client.get(f"{CASES}{slug}/")
    assert response.status_code == 200, response.content
    return response.json()


def test_the_architecture_is_lanes_components_and_flows(api, folder):
    architecture = read(api)["architecture"]
    assert architecture["lanes"] == ["Shop", "Online", "Offline"]
    till, scorer, log = architecture["components"]
    assert scorer == {
        "key": "scorer",
        "component": "prediction-model",
        "name": "Scorer",
        "lane": "Online",
        "kind": "model",
        "technology": "",
        "latency": "100 ms",
        "freshness": "",
        "scale": "",
        "state": "public",
        "section": "models",
    }
    assert (till["kind"], log["state"]) == ("client", "inferred")
    assert architecture["flows"] == [
        {"from": "till", "to": "scorer", "label": "asks", "kind": "request"},
        {"from": "scorer", "to": "log", "label": "", "kind": "event"},
    ]


@pytest.mark.parametrize("slug", SHIPPED)
def test_the_shipped_cases_have_all_that_a_case_has(api, shipped, slug):
    case = read(api, slug)
    keys = [part["key"] for part in case["architecture"]["components"]]
    assert len(keys) == len(set(keys)) >= 3
    for part in case["architecture"]["components"]:
        assert set(part) == set(PART)
        assert part["lane"] in case["architecture"]["lanes"]
    for flow in case["architecture"]["flows"]:
        assert set(flow) == {"from", "to", "label", "kind"}
        assert {flow["from"], flow["to"]} <= set(keys)
    assert len(case["claims"]) >= 5
    sources = {source["key"] for source in case["sources"]}
    assert {claim["source"] for claim in case["claims"]} <= sources
    for claim in case["claims"]:
        assert claim["case_study"] == slug
        assert claim["url"] == f"/cases/{slug}/#claim-{claim['key']}"
        assert "is_in_text" not in claim
    document = CaseStudy.objects.get(slug=slug, draft_of=None).to_document()
    assert check_case(document, current_vocabulary()) == []


def test_a_source_has_its_doi(api, folder):
    paper, _ = read(api)["sources"]
    assert paper == {
        "key": "paper",
        "title": "On payments",
        "authors": "",
        "publisher": "",
        "year": 2021,
        "url": "https://example.org/payments",
        "doi": "10.1000/payments",
        "confidence": "original",
        "note": "",
    }


def test_an_experiment_can_be_computed_as_it_stands_and_gives_its_value(api, folder):
    [experiment] = read(api)["experiments"]
    assert {"title", "kind", "params", "text", "key", "claim", "path", "value"} <= set(experiment)
    body = {"kind": experiment["kind"], "params": experiment["params"]}
    job = api.post("/api/v1/compute/jobs/", body, format="json").json()["id"]
    runner.run_job(job)
    result = api.get(f"/api/v1/compute/jobs/{job}/").json()["result"]
    assert result[experiment["path"]] == pytest.approx(experiment["value"])


def test_links_lead_to_published_cases_only(api, folder):
    link = '[[links]]\nrelation = "builds-on"\ncase_study = "acme-ranker"\n\n[[questions]]'
    folder.change("case-studies/acme-scorer.md", "[[questions]]", link)
    folder.load()
    assert read(api)["links"] == [{"relation": "builds-on", "case_study": "acme-ranker"}]
    assert read(api, "acme-ranker")["links"] == []
    services.withdraw(CaseStudy.objects.get(slug="acme-ranker"))
    assert read(api)["links"] == []


def test_a_case_is_read_with_few_queries_and_none_of_its_rows(api, folder):
    with CaptureQueriesContext(connection) as queries:
        read(api)
    assert len(queries) <= 3
    for table in ("kb_claim", "kb_component", "kb_source", "kb_experiment", "kb_flow"):
        assert not [query for query in queries if f'"{table}"' in query["sql"]]


# --- the picture --------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", ["acme-scorer", *SHIPPED])
def test_the_picture_is_an_svg_that_stands_alone(api, folder, slug):
    response = api.get(f"{CASES}{slug}/architecture.svg")
    assert response.status_code == 200
    assert response["Content-Type"] == "image/svg+xml"
    root = ElementTree.fromstring(response.content)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    words = " ".join(" ".join(root.itertext()).split())
    for part in read(api, slug)["architecture"]["components"]:
        assert set(part["name"].split()) <= set(words.split())
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not tags & {"script", "foreignObject", "image", "use", "iframe"}
    for element in root.iter():
        assert not [name for name in element.attrib if name.startswith("on")]
        assert not [name for name in element.attrib if name.endswith("href")]
    assert b"url(http" not in response.content
    assert b"@import" not in response.content


def test_nothing_in_the_picture_may_run_or_load(api, folder):
    policy = api.get(f"{CASES}acme-scorer/architecture.svg")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy


def test_the_picture_has_a_strong_etag_and_is_answered_304(api, folder):
    first = api.get(f"{CASES}acme-scorer/architecture.svg")
    assert first["ETag"].startswith('"')
    again = api.get(
        f"{CASES}acme-scorer/architecture.svg", headers={"If-None-Match": first["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    cached = api.get(f"{CASES}acme-scorer/architecture.svg")
    assert cached["Content-Security-Policy"] == first["Content-Security-Policy"]


@pytest.mark.parametrize("accept", ["image/svg+xml", "text/html", "image/png", "*/*"])
def test_the_picture_is_an_svg_whatever_is_accepted(api, folder, accept):
    response = api.get(f"{CASES}acme-scorer/architecture.svg", headers={"Accept": accept})
    assert (response.status_code, response["Content-Type"]) == (200, "image/svg+xml")


def test_there_is_no_picture_of_what_has_no_components_or_is_not_published(api, folder, cora):
    services.withdraw(CaseStudy.objects.get(slug="acme-scorer"))
    # The ranker has no components.
    for slug in ("acme-ranker", "acme-scorer", "nothing", "Upper", "compare"):
        response = api.get(f"{CASES}{slug}/architecture.svg")
        assert response.status_code == 404
        assert response["Content-Type"] == "application/problem+json"


# --- cases by component -------------------------------------------------------------------------


def test_cases_are_found_by_component_any_of_them_or_all(api, folder):
    uses = {
        slug: {part["component"] for part in read(api, slug)["architecture"]["components"]}
        for slug in CaseStudy.objects.published().values_list("slug", flat=True)
    }

    def found(query: str) -> set[str]:
        response = api.get(f"{CASES}?page_size=100&{query}")
        assert response.status_code == 200, response.content
        return {item["slug"] for item in response.json()["results"]}

    for slug in ComponentType.objects.values_list("slug", flat=True):
        assert found(f"component={slug}") == {case for case in uses if slug in uses[case]}
    one, other = "client", "event-stream"
    both = {case for case in uses if {one, other} <= uses[case]}
    assert "acme-scorer" in both
    assert found(f"component={one},{other}") == {c for c in uses if uses[c] & {one, other}}
    assert found(f"component={one},{other}&match=all") == both
    assert found(f"component={one},{one}&match=all") == found(f"component={one}")
    named = found("technique=anvil-sorting")
    assert found(f"component={one},{other}&technique=anvil-sorting&match=all") == both & named


def test_two_components_in_a_case_of_one_kind_are_not_two_kinds(api, folder):
    text = CASE.replace("acme-scorer", "acme-twice").replace("event-stream", "client")
    folder.write("case-studies/acme-twice.md", text)
    folder.load()
    answer = api.get(f"{CASES}?company=acme&component=client,event-stream&match=all").json()
    assert [item["slug"] for item in answer["results"]] == ["acme-scorer"]


def test_an_unknown_component_is_refused(api, folder):
    for value in ("magic", "client,magic", "client,%00"):
        response = api.get(f"{CASES}?component={value}")
        assert response.status_code == 400
        assert response.json()["errors"][0]["pointer"] == "?component"


def test_all_filters_together_are_five_queries_at_most(api, folder, ada, client):
    query = (
        "?technique=attention,embeddings&match=all&component=client,event-stream&company=acme"
        "&year_min=2000&domain=other,fraud-and-risk&ordering=-year,title"
    )
    client.force_login(ada)
    for reader in (api, client):
        with CaptureQueriesContext(connection) as queries:
            assert reader.get(f"{CASES}{query}").status_code == 200
        assert len(queries) <= 5
