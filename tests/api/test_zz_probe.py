import json, pytest
from django.test.utils import CaptureQueriesContext
from django.db import connection
from rest_framework.test import APIClient
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

PATHS = """/ /companies/ /companies/netflix/ /techniques/ /techniques/attention/ /case-studies/ /case-studies/?technique=attention /case-studies/?company=netflix&technique=embeddings&search=a /case-studies/netflix-recommender-system/ /case-studies/netflix-recommender-system.md /study-plans/ /study-plans/foundations/ /topics/ /topics/bayesian-inference/ /topics/bayesian-inference.md /problems/ /problems/multi-head-attention/ /problems/multi-head-attention.md /problems/multi-head-attention/hints/ /search/?q=bayes /compute/kinds/ /compute/kinds/diagnostic-test/ /compute/jobs/ /me/""".split()


def test_counts(shipped, ada):
    key = (
        APIClient()
        .post("/api/v1/auth/token/", {"username": "ada", "password": PASSWORD}, format="json")
        .json()["token"]
    )
    for who in ("anon", "token"):
        for p in PATHS:
            c = APIClient()
            if who == "token":
                c.credentials(HTTP_AUTHORIZATION="Token " + key)
            with CaptureQueriesContext(
                connection,
            ) as q:
                try:
                    r = c.get("/api/v1" + p)
                    st = r.status_code
                except Exception as e:
                    st = type(e).__name__ + str(e)[:100]
            print(who, p, st, len(q))


def test_misc(shipped, ada):
    c = APIClient(raise_request_exception=False)

    def show(name, r):
        print(
            name,
            r.status_code,
            r.headers.get("Content-Type"),
            r.content[:200],
            dict(list(r.headers.items())) if name.startswith("H") else "",
        )

    A = "/api/v1/"
    for m in ("get", "post", "put", "patch", "delete", "options", "head", "trace"):
        show(m, getattr(c, m)("/api/v1/nope/"))
        show(m, getattr(c, m)("/api/nope"))
    show("FOO", c.generic("FOO", "/api/v1/topics/"))
    show("post topics", c.post(A + "topics/", {}))
    show("406", c.get(A + "topics/", HTTP_ACCEPT="text/html"))
    show("406b", c.get("/api/schema/", HTTP_ACCEPT="text/html"))
    show("fmt", c.get(A + "topics/?format=xml"))
    show("fmtjson", c.get(A + "topics/?format=json"))
    show("415", c.post(A + "compute/jobs/", {"a": 1}))
    show("415t", c.post(A + "auth/token/", {"a": 1}))
    show("413", c.post(A + "compute/jobs/", "x" * 2_000_001, content_type="application/json"))
    show("413b", c.post(A + "compute/jobs/", "x" * 3_000_001, content_type="application/json"))
    show("413t", c.post(A + "auth/token/", "x" * 3_000_001, content_type="application/json"))
    for b in (
        "{",
        "[NaN]",
        "[" * 100000,
        '{"a":NaN}',
        '"\\ud800"',
        '{"kind":"\\ud800","params":{"a":1e999}}',
        '{"username":"\\ud800","password":1e999}',
        "\xff",
        "",
        "null",
        "[1]",
        '"x"',
        '{"kind":"diagnostic-test","params":{"prevalence":1e999}}',
        '{"kind":1,"params":null}',
        '{"kind":"diagnostic-test"}',
        '{"kind":"nope","params":{}}',
        '{"kind":"a\\u0000","params":{}}',
    ):
        show("J" + b[:50], c.post(A + "compute/jobs/", b, content_type="application/json"))
    show(
        "bad token", c.post(A + "auth/token/", {"username": "ada", "password": "x"}, format="json")
    )
    show("manyq", c.get(A + "topics/?" + "&".join("a=1" for _ in range(1100))))
    show("manyq", c.get("/api/schema/?" + "&".join("a=1" for _ in range(1100))))
    show("star", c.get(A + "topics/nope/", HTTP_IF_NONE_MATCH="*"))
    show("opt", c.options(A + "topics/"))
    show("optj", c.options(A + "compute/jobs/"))
    show("nul", c.get(A + "topics/%00/"))
    show("nulq", c.get(A + "topics/?search=%00"))
    show("nuln", c.get(A + "topics/?a%00b=1"))
    show("badauth", c.get(A + "topics/", HTTP_AUTHORIZATION="Token nope"))
    show("badauth", c.get(A + "topics/", HTTP_AUTHORIZATION="Token"))
    show("badauth", c.get(A + "topics/", HTTP_AUTHORIZATION="Basic YTpi"))
    show("badhost", c.get(A + "topics/", HTTP_HOST="evil"))
    show("Hcors", c.get(A + "topics/", HTTP_ORIGIN="https://x.example"))
    show("Hcors404", c.get(A + "topics/nope/", HTTP_ORIGIN="https://x.example"))
    show(
        "Hpre",
        c.options(
            A + "compute/jobs/",
            HTTP_ORIGIN="https://x.example",
            HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST",
            HTTP_ACCESS_CONTROL_REQUEST_HEADERS="content-type,prefer",
        ),
    )
    show("cursor", c.get(A + "compute/jobs/?cursor=zzz"))
    show("noslash", c.get(A + "topics"))
    show("detail page", c.get(A + "topics/attention/?page=3"))
    show("surr", c.get(A + "search/?q=%ff"))
    show("surr", c.get(A + "search/?q=%c2%b2"))
