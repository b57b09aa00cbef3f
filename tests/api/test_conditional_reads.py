"""Public reads carry an ETag and answer 304 before anything is made; private ones never do."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from knox.models import AuthToken

from kb import services
from kb.models import CaseStudy
from rest.access import HEADER
from rest.version import raise_content_version
from tests.conftest import PASSWORD

PATHS = [
    *(
        "",
        "case-studies/",
        "case-studies/stripe-radar-fraud/",
        "case-studies/stripe-radar-fraud.md",
        "case-studies/stripe-radar-fraud/architecture.svg",
        "case-studies/compare/?slug=stripe-radar-fraud,uber-michelangelo",
    ),
    *("claims/", "claims/?quantity=latency&max=1", "quantities/", "components/client/", "units/"),
    *("topics/", "topics/attention/", "topics/attention.md", "study-plans/", "problems/"),
    *("problems/multi-head-attention/", "techniques/", "companies/netflix/", "search/?q=bayes"),
    *("digest/", "digest/today/", "digest/feed.atom"),
    *("compute/kinds/", "compute/kinds/diagnostic-test/"),
]
CASES = "/api/v1/case-studies/"
pytestmark = pytest.mark.usefixtures("shipped")


def etag_of(client, path=CASES, **headers):
    return client.get(path, headers=headers)["ETag"]


@pytest.mark.parametrize("path", PATHS)
def test_a_public_read_has_a_strong_etag_and_is_answered_304(api, path):
    first = api.get(f"/api/v1/{path}")
    assert first["ETag"].startswith('"')
    assert first["Cache-Control"] == "public, no-cache"
    assert "Accept" in first["Vary"]
    again = api.get(f"/api/v1/{path}", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert again["Cache-Control"] == first["Cache-Control"]
    assert again["Access-Control-Allow-Origin"] == "*"


def test_a_304_asks_for_the_content_version_and_nothing_else(api):
    etag = etag_of(api)
    with CaptureQueriesContext(connection) as queries:
        assert api.get(CASES, headers={"If-None-Match": etag}).status_code == 304
    assert ["rest_contentversion" in query["sql"] for query in queries] == [True]


def test_a_second_read_is_answered_from_the_cache_with_the_same_bytes(api):
    first = api.get(CASES)
    with CaptureQueriesContext(connection) as queries:
        second = api.get(CASES)
    assert len(queries) == 1
    assert second.content == first.content
    for name in ("Content-Type", "ETag", "Cache-Control", "Vary", "Access-Control-Allow-Origin"):
        assert second[name] == first[name]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ("{etag}", 304),
        ("W/{etag}", 304),
        ('"other", {etag}', 304),
        ('W/"other",W/{etag} , "more"', 304),
        ("*", 304),
        ('"other"', 200),
        ("", 200),
        ("nonsense", 200),
        ('"*"', 200),
    ],
)
def test_if_none_match_is_read_as_http_says(api, form, status):
    header = form.format(etag=etag_of(api))
    assert api.get(CASES, headers={"If-None-Match": header}).status_code == status


@pytest.mark.parametrize("path", ["topics/nothing/", "nothing/", "search/", "topics/?page=99"])
def test_an_error_is_never_a_304_and_has_no_etag(api, path):
    for header in ("*", etag_of(api, "/api/v1/topics/")):
        response = api.get(f"/api/v1/{path}", headers={"If-None-Match": header})
        assert response.status_code in (400, 404)
        assert "ETag" not in response


def test_a_head_has_the_etag_of_its_get(api):
    head = api.head(CASES)
    assert (head["ETag"], head.content) == (etag_of(api), b"")
    assert api.head(CASES, headers={"If-None-Match": head["ETag"]}).status_code == 304


def test_a_head_that_comes_first_leaves_the_get_its_body(api):
    api.head(CASES)
    assert api.get(CASES).json()["count"] > 0


def test_the_order_of_the_parameters_does_not_matter_and_their_values_do(api):
    one = etag_of(api, f"{CASES}?year=2016&page_size=5")
    assert etag_of(api, f"{CASES}?page_size=5&year=2016") == one
    assert etag_of(api, f"{CASES}?page_size=6&year=2016") != one
    assert etag_of(api, CASES) != one


def test_a_parameter_that_stands_twice_is_not_mixed_up(api):
    first = api.get(f"{CASES}?page_size=1&page_size=2").json()
    second = api.get(f"{CASES}?page_size=2&page_size=1").json()
    assert [len(first["results"]), len(second["results"])] == [2, 1]


def test_whoever_takes_json_shares_one_answer_and_whoever_asks_otherwise_does_not(api):
    one = etag_of(api, Accept="application/json")
    assert etag_of(api, Accept="*/*") == etag_of(api, Accept="application/*") == one
    assert etag_of(api, Accept="application/json; indent=4, text/x") == one
    made_up = api.get(CASES, headers={"Accept": "text/x, */*;q=0.1"})
    assert made_up.status_code == 200
    assert made_up.content == api.get(CASES).content


@pytest.mark.parametrize("query", ["search=%FF", "search=%FE", "search=%EF%BF%BD", "search=%41"])
def test_texts_that_are_written_otherwise_have_etags_of_their_own(api, query):
    others = {"search=%FF", "search=%FE", "search=%EF%BF%BD", "search=A"} - {query}
    assert etag_of(api, f"{CASES}?{query}") not in {etag_of(api, f"{CASES}?{q}") for q in others}


def test_a_name_that_is_written_in_two_ways_is_not_mixed_up(api):
    first = api.get(f"{CASES}?page_size=1&page%5Fsize=2")
    second = api.get(f"{CASES}?page%5Fsize=2&page_size=1")
    assert [len(first.json()["results"]), len(second.json()["results"])] == [2, 1]


def test_what_only_one_client_accepts_is_answered_and_not_kept(api):
    path = f"{CASES}stripe-radar-fraud.md"
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert api.get(path, headers={"Accept": "chemical/x-pdb"}).status_code == 200
        assert len(queries) > 1


@pytest.mark.parametrize("path", PATHS)
def test_a_cached_answer_has_all_headers_of_the_first(api, path):
    first, second = (api.get(f"/api/v1/{path}") for _ in range(2))
    # A request that the log says nothing of has no name there.
    assert HEADER not in second
    assert dict(second.items()) == {k: v for k, v in first.items() if k != HEADER}
    for name in ("Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options"):
        assert second[name]


def test_publishing_changes_every_etag_and_editing_a_draft_changes_none(api, cora):
    before = {path: etag_of(api, f"/api/v1/{path}") for path in PATHS}
    case = CaseStudy.objects.get(slug="stripe-radar-fraud")
    draft = services.start_draft(case, cora)
    draft.title = "Another title"
    draft.save()
    assert {path: etag_of(api, f"/api/v1/{path}") for path in PATHS} == before
    services.publish(draft, cora)
    after = {path: etag_of(api, f"/api/v1/{path}") for path in PATHS}
    assert not set(after.values()) & set(before.values())
    response = api.get(f"{CASES}{case.slug}/", headers={"If-None-Match": before[PATHS[2]]})
    assert (response.status_code, response.json()["title"]) == (200, "Another title")


def test_another_release_has_other_etags(api, settings):
    before = etag_of(api)
    settings.RELEASE = "99.0"
    assert etag_of(api) != before


def private(response) -> bool:
    return response["Cache-Control"] == "private, no-store" and "ETag" not in response


def test_whoever_is_signed_in_is_answered_privately(api, client, ada):
    etag = etag_of(api)
    key = AuthToken.objects.create(user=ada)[1]
    by_token = api.get(CASES, headers={"Authorization": f"Token {key}", "If-None-Match": etag})
    assert by_token.status_code == 200
    assert private(by_token)
    client.login(username="ada", password=PASSWORD)
    by_cookie = client.get(CASES, headers={"If-None-Match": etag})
    assert by_cookie.status_code == 200
    assert private(by_cookie)


def test_any_cookie_or_any_credentials_keep_an_answer_out_of_the_cache(api, client):
    client.cookies["theme"] = "dark"
    assert private(client.get(CASES))
    assert private(api.get(CASES, headers={"Authorization": "Basic YTpi"}))


@pytest.mark.parametrize("path", ["me/", "compute/jobs/", "problems/multi-head-attention/hints/"])
def test_what_belongs_to_one_person_is_private(api, ada, path):
    key = AuthToken.objects.create(user=ada)[1]
    response = api.get(f"/api/v1/{path}", headers={"Authorization": f"Token {key}"})
    assert response.status_code == 200
    assert private(response)


def test_nothing_of_an_old_version_comes_from_the_cache(api):
    before = etag_of(api)
    raise_content_version()
    with CaptureQueriesContext(connection) as queries:
        assert etag_of(api) != before
    assert len(queries) > 1
