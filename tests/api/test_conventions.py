"""What every endpoint shares: problems, pages, filters, methods, media types, origins."""

import pytest
from rest_framework.test import APIClient

from kb.models import CaseStudy

PROBLEM = "application/problem+json"
LISTS = [
    *("case-studies", "companies", "techniques", "study-plans", "topics", "problems"),
    *("quantities", "components", "units"),
]
PATHS = [
    *(f"{name}/" for name in LISTS),
    *("", "claims/", "search/?q=a", "compute/kinds/", "compute/jobs/"),
    "case-studies/compare/?slug=stripe-radar-fraud,uber-michelangelo",
    "case-studies/stripe-radar-fraud/architecture.svg",
]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]
pytestmark = pytest.mark.usefixtures("shipped")


@pytest.fixture
def api():
    """A client that gets the answer to a failure, as a stranger would."""
    return APIClient(raise_request_exception=False)


def problem(response, status: int) -> dict:
    assert response.status_code == status
    assert response["Content-Type"] == PROBLEM
    body = response.json()
    quotable = {"request_id"} if status >= 500 else set()
    assert set(body) == {"type", "title", "status", "detail", "errors"} | quotable
    assert body["status"] == status
    assert body["detail"]
    for word in ("Traceback", "django", "rest_framework", ".py", "kb.", "<html", "object at 0x"):
        assert word not in response.content.decode()
    return body


def pointers(response) -> list[str]:
    return [error["pointer"] for error in problem(response, 400)["errors"]]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "path", ["/api/", "/api/nothing/", "/api/v1/nothing/", "/api/v1/topics", "/api/v2/topics/"]
)
def test_an_unknown_path_is_not_found_whatever_the_method(api, path, method):
    response = api.generic(method, path)
    if method == "HEAD":
        assert response.status_code == 404
    else:
        problem(response, 404)


@pytest.mark.parametrize("slug", ["nothing", "Upper", "%00", "a%00b", "..", "a b", "%F0%9F%94%A8"])
@pytest.mark.parametrize("collection", LISTS)
def test_an_unknown_slug_is_not_found(api, collection, slug):
    problem(api.get(f"/api/v1/{collection}/{slug}/"), 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
@pytest.mark.parametrize("path", ["topics/", "topics/attention/", "case-studies/", "search/?q=a"])
def test_a_method_that_is_not_there_is_a_405(api, path, method):
    response = api.generic(method, f"/api/v1/{path}")
    problem(response, 405)
    assert "GET" in response["Allow"]


@pytest.mark.parametrize("path", PATHS)
def test_a_head_is_a_get_without_its_body(api, path):
    got, headed = api.get(f"/api/v1/{path}"), api.head(f"/api/v1/{path}")
    assert headed.status_code == 200
    assert headed.content == b""
    assert headed["Content-Type"] == got["Content-Type"]


@pytest.mark.parametrize("path", PATHS)
def test_options_says_which_methods_there_are(api, path):
    response = api.options(f"/api/v1/{path}")
    assert response.status_code == 200
    assert "GET" in response["Allow"]


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/png", "text/html;q=0.9"])
@pytest.mark.parametrize("path", ["/api/v1/topics/", "/api/v1/topics/attention/", "/api/schema/"])
def test_a_media_type_that_is_not_there_is_a_406(api, path, accept):
    problem(api.get(path, HTTP_ACCEPT=accept), 406)


@pytest.mark.parametrize(
    "accept", ["application/json", "*/*", "application/*", "text/html, */*;q=0.1"]
)
def test_json_is_answered_to_whoever_takes_it(api, accept):
    response = api.get("/api/v1/topics/", HTTP_ACCEPT=accept)
    assert response["Content-Type"] == "application/json"


BODIES = ["/api/v1/compute/jobs/", "/api/v1/auth/token/"]


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"]
)
def test_another_media_type_of_a_body_is_a_415(api, path, media_type):
    problem(api.generic("POST", path, "a=1", content_type=media_type), 415)


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("size", [2_000_001, 2_600_000, 5_000_000])
def test_a_body_over_two_megabytes_is_a_413(api, path, size):
    body = b'"' + b"x" * (size - 2) + b'"'
    problem(api.generic("POST", path, body, content_type="application/json"), 413)


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(
    "body",
    [
        "{",
        "{'a': 1}",
        '{"a": 1,}',
        "NaN",
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": -Infinity, "b": 1e999}',
        "[" * 100_000,
        '{"a":' * 100_000,
        '"\\ud800"',
        "\xff",
        b"\xff\xfe",
        "\0",
        "1e999 x",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_body_that_is_no_json_is_a_400_without_a_pointer(api, path, body):
    response = api.generic("POST", path, body, content_type="application/json")
    assert problem(response, 400)["errors"] == []


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("body", ["", "null", "1", '"x"', "[]", "[[[]]]", "{}"])
def test_json_that_is_not_what_is_wanted_is_a_422(api, path, body):
    problem(api.generic("POST", path, body, content_type="application/json"), 422)


def test_a_field_of_a_wrong_type_is_named_by_its_pointer(api):
    body = {"username": 5, "password": ["x"]}
    response = api.post("/api/v1/auth/token/", body, format="json")
    errors = problem(response, 422)["errors"]
    assert {error["pointer"] for error in errors} == {"/username", "/password"}


# --- lists --------------------------------------------------------------------------------------


@pytest.mark.parametrize("collection", [*LISTS, "compute/kinds"])
def test_a_list_comes_in_pages(api, collection):
    first = api.get(f"/api/v1/{collection}/?page_size=1").json()
    assert set(first) == {"count", "next", "previous", "results"}
    assert len(first["results"]) == 1
    assert first["previous"] is None
    second = api.get(first["next"]).json()
    assert second["previous"]
    assert second["results"] != first["results"]
    every = api.get(f"/api/v1/{collection}/?page_size=100").json()
    assert every["count"] == len(every["results"]) == first["count"]
    assert every["next"] is None


def test_a_page_has_twenty_results_unless_another_number_is_asked_for(api):
    techniques = api.get("/api/v1/techniques/").json()
    assert len(techniques["results"]) == 20
    assert len(api.get("/api/v1/techniques/?page_size=25").json()["results"]) == 25
    assert "page_size=7" in api.get("/api/v1/techniques/?page_size=7").json()["next"]


@pytest.mark.parametrize("collection", [*LISTS, "claims", "compute/kinds"])
@pytest.mark.parametrize("page", ["2000", "0", "999999999", "9" * 30])
def test_a_page_out_of_range_is_a_404(api, collection, page):
    problem(api.get(f"/api/v1/{collection}/?page={page}"), 404)


@pytest.mark.parametrize("page", ["x", "-1", "1.5", "", "٣", "1e3", "last", " 1", "%00"])
def test_a_page_that_is_no_number_is_a_400(api, page):
    assert pointers(api.get(f"/api/v1/topics/?page={page}")) == ["?page"]


@pytest.mark.parametrize("size", ["0", "101", "-1", "x", "", "1.5", "9" * 30])
def test_a_page_size_is_from_one_to_a_hundred(api, size):
    assert pointers(api.get(f"/api/v1/topics/?page_size={size}")) == ["?page_size"]


@pytest.mark.parametrize("path", [*PATHS, "topics/attention/", "topics/attention.md", "me/"])
def test_an_unknown_parameter_is_a_400_that_names_it(api, api_as, ada, path):
    joint = "&" if "?" in path else "?"
    response = api_as(ada).get(f"/api/v1/{path}{joint}colour=red")
    assert pointers(response) == ["?colour"]


@pytest.mark.parametrize("name", ["page", "page_size", "cursor", "fields", "search", "ordering"])
def test_a_parameter_of_lists_is_unknown_to_a_single_thing(api, name):
    assert pointers(api.get(f"/api/v1/topics/attention/?{name}=1")) == [f"?{name}"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("case-studies/?company=nobody", "company"),
        ("case-studies/?company=netflix,nobody", "company"),
        ("case-studies/?technique=magic", "technique"),
        ("case-studies/?component=magic", "component"),
        ("case-studies/?domain=magic", "domain"),
        ("claims/?min=1", "min"),
        ("quantities/?ordering=reason", "ordering"),
        ("case-studies/?year=old", "year"),
        ("case-studies/?year=", "year"),
        ("case-studies/?year_min=1e3", "year_min"),
        ("case-studies/?year_max=99999", "year_max"),
        ("case-studies/?match=some", "match"),
        ("case-studies/?ordering=colour", "ordering"),
        ("case-studies/?ordering=-year,company__title", "ordering"),
        ("case-studies/?ordering=pk", "ordering"),
        ("case-studies/?company__title=x", "company__title"),
        ("case-studies/?search=%00", "search"),
        (f"case-studies/?search={'x' * 501}", "search"),
        ("case-studies/?technique=a%00", "technique"),
        ("topics/?plan=magic", "plan"),
        ("topics/?technique=magic", "technique"),
        ("problems/?difficulty=impossible", "difficulty"),
        ("problems/?topic=magic", "topic"),
        ("techniques/?group=magic", "group"),
        ("search/", "q"),
        ("search/?q=", "q"),
        ("search/?q=%20!", "q"),
        ("search/?q=a&type=magic", "type"),
        ("search/?q=a&type=topic,magic", "type"),
        ("compute/jobs/?cursor=magic", "cursor"),
        ("compute/jobs/?page=1", "page"),
        ("topics/?format=xml", "format"),
        ("topics/?a%00b=1", "a\0b"),
    ],
)
def test_a_value_that_cannot_be_is_a_400_that_names_its_parameter(api, query, name):
    assert pointers(api.get(f"/api/v1/{query}")) == [f"?{name}"]


def test_a_thousand_parameters_are_refused(api):
    problem(api.get("/api/v1/topics/?" + "a=1&" * 1500), 400)


# --- origins, credentials and hosts -------------------------------------------------------------


@pytest.mark.parametrize("path", [*PATHS, "topics/nothing/", "nothing/"])
def test_any_origin_may_read_and_never_with_credentials(api, path):
    response = api.get(f"/api/v1/{path}", HTTP_ORIGIN="https://notebook.example")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response
    assert "etag" in response["Access-Control-Expose-Headers"].lower()


def test_any_origin_may_compute(api):
    response = api.options(
        "/api/v1/compute/jobs/",
        HTTP_ORIGIN="https://notebook.example",
        HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS="content-type, prefer, authorization, idempotency-key",
    )
    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "POST" in response["Access-Control-Allow-Methods"]
    assert {"content-type", "prefer"} <= set(
        response["Access-Control-Allow-Headers"].replace(" ", "").split(",")
    )


@pytest.mark.parametrize("key", ["nonsense", "a" * 500, "\xe9", "x y", ""])
def test_a_token_that_is_none_is_a_401_with_a_challenge(api, key):
    response = api.get("/api/v1/topics/", HTTP_AUTHORIZATION=f"Token {key}".rstrip())
    problem(response, 401)
    assert response["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize("path", ["me/", "problems/multi-head-attention/hints/"])
def test_what_needs_an_account_is_a_401_to_a_stranger(api, path):
    response = api.get(f"/api/v1/{path}")
    problem(response, 401)
    assert response["WWW-Authenticate"] == "Token"


def test_a_session_writes_only_with_its_csrf_token(ada):
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(ada)
    assert browser.get("/api/v1/me/").json()["username"] == "ada"
    problem(browser.post("/api/v1/problems/multi-head-attention/hints/1/reveal/"), 403)


def test_a_host_that_is_not_ours_gets_no_page(api):
    problem(api.get("/api/v1/topics/", HTTP_HOST="evil.example"), 400)


def test_a_failure_of_the_server_says_nothing_about_it(api):
    CaseStudy.objects.filter(slug="stripe-radar-fraud").update(rendered={})
    response = api.get("/api/v1/case-studies/stripe-radar-fraud/")
    assert problem(response, 500)["errors"] == []


def test_every_content_answer_carries_its_licence(api):
    for collection in LISTS:
        items = api.get(f"/api/v1/{collection}/").json()["results"]
        assert {item["license"] for item in items} == {"CC BY 4.0"}
        whole = api.get(f"/api/v1/{collection}/{items[0]['slug']}/").json()
        assert whole["license"] == "CC BY 4.0"


def test_times_are_utc_in_iso_8601(api):
    [item, *_] = api.get("/api/v1/case-studies/").json()["results"]
    assert item["published_at"].endswith("Z")
    assert item["published_at"][10] == "T"
