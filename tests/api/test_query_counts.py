"""No endpoint makes more than five queries, whoever asks and however much there is."""

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from knox.models import AuthToken

from compute import runner
from kb.models import CaseStudy, Technique
from learn import digest
from learn.models import Digest
from problems.models import GaveUp, Problem
from rest.version import raise_content_version
from tests.conftest import PASSWORD
from tests.problems.client import judged

MOST = 5
# What stands in the paths of the schema.
VALUES = {
    "/api/v1/case-studies/{slug}": "netflix-recommender-system",
    "/api/v1/companies/{slug}": "netflix",
    "/api/v1/components/{slug}": "client",
    "/api/v1/quantities/{slug}": "latency",
    "/api/v1/units/{slug}": "ms",
    "/api/v1/techniques/{slug}": "attention",
    "/api/v1/study-plans/{slug}": "foundations",
    "/api/v1/topics/{slug}": "bayesian-inference",
    "/api/v1/problems/{slug}": "multi-head-attention",
    "/api/v1/me/topics/{slug}": "attention",
}
QUERIES = {
    "/api/v1/search/": ["?q=bayes&page_size=100"],
    "/api/v1/case-studies/": [
        "",
        "?page_size=100",
        "?technique=attention,embeddings&match=all",
        "?technique=attention,embeddings&component=client,cache&match=all&company=netflix",
        "?company=netflix",
        "?domain=other&year_min=2000&ordering=-year",
        "?search=a",
    ],
    "/api/v1/case-studies/compare/": [
        "?slug=netflix-recommender-system,uber-michelangelo",
        "?slug=netflix-recommender-system,uber-michelangelo,stripe-radar-fraud,google-wide-and-deep",
    ],
    "/api/v1/claims/": [
        "",
        "?page_size=100&kind=scale,latency&ordering=-as_of",
        "?company=netflix&case_study=netflix-recommender-system&quantity=latency&min=1&max=1e12",
    ],
    "/api/v1/topics/": ["", "?plan=foundations", "?technique=attention", "?search=a"],
    "/api/v1/problems/": ["", "?difficulty=easy&ordering=title", "?topic=attention", "?search=a"],
    "/api/v1/submissions/": ["", "?problem=softmax,multi-head-attention&verdict=accepted"],
}
pytestmark = pytest.mark.usefixtures("shipped", "fixed_day")
# What choosing a day takes besides, until the schedule has fixed it, within seconds.
CHOOSING = 3


@pytest.fixture
def fixed_day(shipped):
    digest.fix_due_days()


@pytest.fixture
def job(api) -> str:
    """A finished job with its charts."""
    params = {"prevalence": 0.01, "sensitivity": 0.9, "specificity": 0.91}
    body = {"kind": "diagnostic-test", "params": params}
    job = api.post("/api/v1/compute/jobs/", body, format="json").json()["id"]
    runner.run_job(job)
    return job


@pytest.fixture
def dataset(api_as, ada) -> str:
    file = SimpleUploadedFile("a.csv", b"user,item\nada,heat\n")
    response = api_as(ada).post("/api/v1/compute/datasets/", {"file": file}, format="multipart")
    return response.json()["id"]


@pytest.fixture
def submission(ada) -> str:
    """Of Ada's, who may read the editorial of its problem."""
    problem = Problem.objects.get(slug="multi-head-attention")
    GaveUp.objects.create(owner=ada, problem=problem)
    return str(judged(ada, slug=problem.slug).pk)


def paths(document: dict, job: str, chart: str, dataset: str, submission: str) -> list[str]:
    found = []
    for path, item in document["paths"].items():
        if "get" not in item:
            continue
        for template, slug in VALUES.items():
            if path.startswith(template):
                path = path.replace("{slug}", slug)
        path = path.replace("datasets/{id}", f"datasets/{dataset}")
        path = path.replace("submissions/{id}", f"submissions/{submission}")
        for name, value in {"id": job, "name": chart, "form": "json"}.items():
            path = path.replace(f"{{{name}}}", value)
        path = path.replace("{kind}", "diagnostic-test")
        path = path.replace("{date}", str(digest.today()))
        assert "{" not in path
        found += [path + query for query in QUERIES.get(path, [""])]
    return found


@pytest.fixture(params=["a stranger", "by cookie", "by token"])
def reader(request, api, client, ada):
    if request.param == "by token":
        key = AuthToken.objects.create(user=ada)[1]
        api.credentials(HTTP_AUTHORIZATION=f"Token {key}")
        return api
    if request.param == "by cookie":
        client.login(username="ada", password=PASSWORD)
        return client
    return api


def test_every_read_of_the_api_makes_five_queries_at_most(api, reader, job, dataset, submission):
    [chart, *_] = api.get(f"/api/v1/compute/jobs/{job}/").json()["charts"]
    counts = {}
    document = api.get("/api/schema/?format=json").json()
    for path in paths(document, job, chart["name"], dataset, submission):
        with CaptureQueriesContext(connection) as queries:
            response = reader.get(path)
        assert response.status_code in (200, 401), path
        counts[path] = len(queries)
    assert {path: count for path, count in counts.items() if count > MOST} == {}


def test_a_day_that_nobody_has_fixed_yet_costs_three_queries_more(api):
    Digest.objects.update(fixed_at=None)
    for path in ("digest/", "digest/today/", f"digest/{digest.today()}/", "digest/feed.atom"):
        with CaptureQueriesContext(connection) as queries:
            assert api.get(f"/api/v1/{path}").status_code == 200
        assert len(queries) <= MOST + CHOOSING, path


def test_a_hundred_days_cost_as_many_queries_as_one(api, monkeypatch):
    later = timezone.now() + datetime.timedelta(days=100)
    monkeypatch.setattr(timezone, "now", lambda: later)
    for most in (MOST + CHOOSING, MOST):
        for path in ("digest/?page_size=100", "digest/feed.atom"):
            with CaptureQueriesContext(connection) as queries:
                assert api.get(f"/api/v1/{path}").status_code == 200
            assert len(queries) <= most, path
        digest.fix_due_days()


def test_a_hundred_cases_cost_as_many_queries_as_four(api):
    some = CaseStudy.objects.published().first()
    techniques = list(Technique.objects.published()[:5])
    for number in range(100):
        some.pk, some.slug = None, f"copy-{number}"
        some.save()
        some.techniques.set(techniques)
    raise_content_version()
    with CaptureQueriesContext(connection) as queries:
        answer = api.get("/api/v1/case-studies/?page_size=100").json()
    assert len(answer["results"]) == 100
    assert len(queries) <= MOST


def test_lists_read_only_what_they_show(api):
    for path in ("case-studies", "topics", "problems", "study-plans", "techniques", "claims"):
        with CaptureQueriesContext(connection) as queries:
            api.get(f"/api/v1/{path}/")
        for query in queries:
            for column in ("rendered", "body", "statement", "editorial", '"kb_card"."text"'):
                assert column not in query["sql"], path
