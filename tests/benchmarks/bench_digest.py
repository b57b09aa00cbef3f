"""`make bench`: choosing a day of the digest among thousands, on SQLite and PostgreSQL."""

import json
import subprocess
import sys

import pytest

from tests.postgres import postgres_server
from tests.processes import ROOT, environment

MOST_MS, MOST_QUERIES = 100, 5


def measure(state, **variables: str) -> dict:
    output = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.days"],
        cwd=ROOT,
        env=environment(state, **variables),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    return json.loads(output.splitlines()[-1])


@pytest.mark.parametrize("name", ["SQLite", "PostgreSQL"])
def test_a_day_among_a_thousand_topics_problems_and_cases(tmp_path, name):
    if name == "PostgreSQL":
        with postgres_server() as url:
            figures = measure(tmp_path, DATABASE_URL=url)
    else:
        figures = measure(tmp_path)
    print(f"\n\nThe digest of 1,000 topics, problems and cases after ten years, on {name}")
    for what, found in figures["milliseconds"].items():
        best, median, slowest = found["best"], found["median"], found["slowest"]
        print(f"  {what:<32}{best:8.1f} ms, median {median:.1f} ms, slowest {slowest:.1f} ms")
    for what in ("first day, before it is fixed", "today, before it is fixed", "fixing today"):
        assert figures["milliseconds"][what]["best"] < MOST_MS, what
    assert max(figures["queries"].values()) <= MOST_QUERIES, figures["queries"]
