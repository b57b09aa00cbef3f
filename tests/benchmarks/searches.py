"""Milliseconds of searches over 5,000 generated cases, in the stack as it is in production.

python -m tests.benchmarks.searches    (on an empty state folder or database; prints JSON)
"""

import io
import json
import time
from urllib.parse import quote

import django

django.setup()

from django.core.cache import caches  # noqa: E402  (after the setup)
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from config.wsgi import application  # noqa: E402
from tests.benchmarks.cases import CASES, fill  # noqa: E402

ROUNDS = 5
QUERIES = {
    "a word that every case has": ["the", "model", "data", "system", "training", "latency"],
    "a common word": ["fraud", "colour", "catalog", "optimization", "interleaving", "posterior"],
    "two common words": [
        *("fraud payment", "training data", "user feature", "drift monitoring"),
        *("the model", "labeling behavior"),
    ],
    "more words": [
        *("model serving latency", "candidate retrieval ranking", "bayesian posterior probability"),
        "recommendation model that is served to the members of the catalogue",
        "calibration of the probability in an online experiment",
    ],
    "a beginning": ["mod", "recomm", "inter", "probabilit", "optimis", "s"],
    "misspelt": ["embeddng", "recomendation", "calibratoin", "fruad payment", "attentoin layer"],
    "a rare word": ["company", "sprailting", "strounder model", "calibration 2018"],
    "nothing": ["zzzunheard", "model zzzunheard"],
}
READS = {
    "a list": "case-studies/?page=7",
    "a list of two techniques": "case-studies/?technique=technique-1,technique-2&match=all",
    "a list by a search": "case-studies/?search=fraud",
    "a comparison": "case-studies/compare/?slug=case-1,case-2,case-3,case-4",
    "a case": "case-studies/case-7/",
}


def get(path: str) -> dict:
    """One request as a WSGI server makes it, answered by no cache."""
    caches["reads"].clear()
    path, _, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
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
    }
    statuses = []
    body = application(environ, lambda status, _fields: statuses.append(status))
    content = b"".join(body)
    body.close()
    assert statuses == ["200 OK"], content
    return json.loads(content)


def milliseconds(path: str) -> float:
    """The best of several rounds: others use this machine too."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        get(path)
        best = min(best, time.perf_counter() - started)
    return best * 1000


def queries(path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        get(path)
    return len(captured)


def main() -> None:
    call_command("migrate", verbosity=0)
    started = time.perf_counter()
    fill()
    filled = time.perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    paths = {
        group: [f"/api/v1/search/?q={quote(text)}" for text in texts]
        for group, texts in QUERIES.items()
    }
    assert get(paths["a word that every case has"][1])["count"] == CASES
    figures = {
        group: [(milliseconds(path), get(path)["count"]) for path in group_paths]
        for group, group_paths in paths.items()
    }
    reads = {
        name: (milliseconds(f"/api/v1/{path}"), queries(f"/api/v1/{path}"))
        for name, path in READS.items()
    }
    print(json.dumps({"filled": filled, "searches": figures, "reads": reads}))


if __name__ == "__main__":
    main()
