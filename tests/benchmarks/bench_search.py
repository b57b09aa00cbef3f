"""`make bench`: searches, filters and comparisons over 5,000 cases, on SQLite and PostgreSQL."""

import json
import statistics
import subprocess
import sys

import pytest

from tests.postgres import postgres_server
from tests.processes import ROOT, environment

MOST_MS = {"SQLite": 15, "PostgreSQL": 40}
MOST_QUERIES = 5


def measure(state, **variables: str) -> dict:
    output = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.searches"],
        cwd=ROOT,
        env=environment(state, **variables),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    return json.loads(output.splitlines()[-1])


def tell(name: str, figures: dict) -> float:
    """Print what was measured; the median of all the searches."""
    every = [ms for group in figures["searches"].values() for ms, _count in group]
    median, p95 = statistics.median(every), statistics.quantiles(every, n=20)[-1]
    print(f"\n\n{len(every)} searches with snippets over 5,000 case studies on {name},")
    print("a whole request each, best of five")
    print(f"  median {median:.1f} ms, 95th percentile {p95:.1f} ms, slowest {max(every):.1f} ms")
    for group, found in figures["searches"].items():
        times = [ms for ms, _count in found]
        hits = statistics.median(count for _ms, count in found)
        print(f"  {group:<28}{statistics.median(times):8.1f} ms   {hits:6.0f} hits")
    print(f"  the cases were written and indexed in {figures['filled']:.0f} s")
    for path, (ms, queries) in figures["reads"].items():
        print(f"  {path:<28}{ms:8.1f} ms   {queries:6} queries")
    return median


@pytest.mark.parametrize("name", MOST_MS)
def test_searching_five_thousand_cases(tmp_path, name):
    if name == "PostgreSQL":
        with postgres_server() as url:
            figures = measure(tmp_path, DATABASE_URL=url)
    else:
        figures = measure(tmp_path)
    median = tell(name, figures)
    assert median <= MOST_MS[name]
    assert {path: n for path, (_, n) in figures["reads"].items() if n > MOST_QUERIES} == {}
