"""CPU of one read of a list of 20 out of 1,000 case studies, in the stack as it is in production.

python -m tests.benchmarks.reads    (on an empty state folder; prints JSON)
"""

import io
import json
import time
from collections.abc import Callable

import django

django.setup()

from django.core.cache import caches  # noqa: E402  (after the setup)
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from config.wsgi import application  # noqa: E402
from kb.models import CaseStudy, Company, Technique  # noqa: E402

CASES, TECHNIQUES, ROUNDS = 1000, 40, 5
PATH = "/api/v1/case-studies/"
BODY = "## What it is for {#goal}\n\n" + "A sentence about a system that ranks things. " * 400


def fill() -> None:
    call_command("migrate", verbosity=0)
    now = timezone.now()
    common = {"state": "published", "version": 1, "published_at": now, "summary": "Ranks things."}
    companies = Company.objects.bulk_create(
        Company(slug=f"company-{n}", title=f"Company {n}", **common) for n in range(50)
    )
    techniques = Technique.objects.bulk_create(
        Technique(slug=f"technique-{n}", title=f"Technique {n}", group="Models", **common)
        for n in range(TECHNIQUES)
    )
    cases = CaseStudy.objects.bulk_create(
        CaseStudy(
            slug=f"case-{n}",
            title=f"Case study number {n}",
            company=companies[n % len(companies)],
            domain="recommendation",
            year=2000 + n % 25,
            body=BODY,
            rendered={"html": BODY, "sections": []},
            reading_minutes=9,
            **common,
        )
        for n in range(CASES)
    )
    links = CaseStudy.techniques.through
    links.objects.bulk_create(
        links(casestudy=case, technique=techniques[(n * 7 + k) % TECHNIQUES])
        for n, case in enumerate(cases)
        for k in range(6)
    )


def get(query: str = "", **headers: str) -> tuple[str, dict[str, str], bytes]:
    """One request as a WSGI server makes it."""
    answer = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": PATH,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_ACCEPT": "application/json",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
        **headers,
    }
    body = application(environ, lambda status, fields: answer.extend((status, dict(fields))))
    content = b"".join(body)
    body.close()
    return answer[0], answer[1], content


def cpu_ms(request: Callable[[int], object], times: int) -> float:
    """CPU of this process for one call, in milliseconds: the best of several rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        for n in range(times):
            request(n)
        best = min(best, (time.process_time() - started) / times)
    return best * 1000


def uncached(n: int) -> None:
    caches["reads"].clear()
    get(f"page={n % 50 + 1}")


def main() -> None:
    fill()
    status, fields, content = get()
    assert status == "200 OK"
    assert json.loads(content)["count"] == CASES
    assert len(json.loads(content)["results"]) == 20
    etag = fields["ETag"]
    assert get()[2] == content
    assert get(HTTP_IF_NONE_MATCH=etag)[0] == "304 Not Modified"
    figures = {
        "uncached": cpu_ms(uncached, 100),
        "cached bytes": cpu_ms(lambda _n: get(), 500),
        "304": cpu_ms(lambda _n: get(HTTP_IF_NONE_MATCH=etag), 500),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
