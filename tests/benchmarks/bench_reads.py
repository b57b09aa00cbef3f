"""`make bench`: what a read of a list costs when it is cached, and when nothing has changed."""

import json
import subprocess
import sys

from tests.processes import ROOT, environment

MOST_MS, MOST_OF_UNCACHED = 0.4, 0.1


def test_reading_a_list_of_twenty_of_a_thousand_cases(tmp_path):
    output = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.reads"],
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    figures = json.loads(output.splitlines()[-1])
    uncached = figures["uncached"]
    print("\n\nList of 20 of 1,000 case studies, CPU per request in the full stack")
    for name, ms in figures.items():
        print(f"  {name:<14}{ms:8.3f} ms   {ms / uncached:6.3f} of uncached")
    for name in ("304", "cached bytes"):
        assert figures[name] <= MOST_MS, name
        assert figures[name] <= MOST_OF_UNCACHED * uncached, name
