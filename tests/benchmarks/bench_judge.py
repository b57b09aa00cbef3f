"""`make bench`: verdicts, beside a fresh Python process for each submission."""

import http.client
import json
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from problems.judge.codec import encode
from problems.judge.sandbox import Sandbox
from problems.judge.testset import TestSet, build
from problems.judge.verdict import judge
from problems.package import CATALOG, read_package
from tests.processes import ROOT

PROBLEM, TESTS, RUNS, ROUNDS = "multi-head-attention", 4, 200, 3
MOST_MEDIAN_MS, MOST_P95_MS, MOST_COLD_MS, MOST_HTTP_MS, LEAST_A_SECOND = 9, 15, 500, 35, 150
SUBMISSIONS = 60
# What a judge without a sandbox would do: a new interpreter, NumPy, the source, the tests.
FRESH = """
import sys
from problems.judge.codec import decode, encode
calls, source = decode(sys.stdin.buffer.read())
names = {}
exec(source, names)
for arguments in calls:
    encode(names["multi_head_attention"](**arguments))
"""


@pytest.fixture(scope="module")
def four() -> tuple[TestSet, str]:
    """A problem of four tests, and a right submission."""
    document = read_package(CATALOG / PROBLEM)
    with Sandbox() as sandbox:
        found = build(document, sandbox)
    tests = [test for test in found.tests if not test.raises][:TESTS]
    return replace(found, tests=tuple(tests), mistakes=(), pairs=()), document.reference


def ms(run, times: int) -> list[float]:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        run()
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def test_a_verdict_inside_the_judge(four):
    test_set, source = four
    with Sandbox() as sandbox:

        def one() -> None:
            assert judge(sandbox, test_set, source).verdict == "accepted"

        [cold] = ms(one, 1)
        best = min((ms(one, RUNS) for _ in range(ROUNDS)), key=statistics.median)
    median, p95 = statistics.median(best), statistics.quantiles(best, n=20)[-1]
    body = encode([[test.arguments for test in test_set.tests], source])
    command = [sys.executable, "-c", FRESH]
    fresh = statistics.median(
        ms(lambda: subprocess.run(command, cwd=ROOT, input=body, check=True), 10)
    )
    print(f"\n\nA verdict on {TESTS} tests inside the judge, best of {ROUNDS} times {RUNS}")
    print(f"  median {median:.1f} ms, 95th percentile {p95:.1f} ms")
    print(f"  a fresh Python, without any lock: {fresh:.0f} ms, {fresh / median:.0f} times as long")
    assert median <= MOST_MEDIAN_MS
    assert p95 <= MOST_P95_MS
    print(f"  the first of a sandbox that had just been started: {cold:.1f} ms")


def test_the_first_verdict_from_cold(four):
    test_set, source = four

    def cold() -> None:
        with Sandbox() as sandbox:
            assert judge(sandbox, test_set, source).verdict == "accepted"

    best = min(ms(cold, 5))
    print(f"\n\nFrom nothing to a first verdict, zygote included: {best:.0f} ms")
    assert best <= MOST_COLD_MS


def test_verdicts_a_second_on_two_cores(four):
    test_set, source = four
    rates = [_rate(test_set, source) for _ in range(ROUNDS)]
    print(f"\n\nVerdicts a second of two judges, best of {ROUNDS}: {max(rates):.0f}")
    assert max(rates) >= LEAST_A_SECOND


def _rate(test_set: TestSet, source: str) -> float:
    """Two processes, each with a sandbox of its own, as two judge workers are."""
    code = (
        "import sys, time\n"
        "from problems.judge.sandbox import Sandbox\n"
        "from problems.judge.testset import TestSet\n"
        "from problems.judge.verdict import judge\n"
        "from problems.judge.codec import decode\n"
        "data, source = sys.stdin.buffer.read().split(b'\\0SOURCE\\0')\n"
        "tests = TestSet.from_bytes(data)\n"
        "with Sandbox() as sandbox:\n"
        "    judge(sandbox, tests, source.decode())\n"
        "    print('ready', flush=True)\n"
        "    started = time.perf_counter()\n"
        f"    for _ in range({RUNS}):\n"
        "        assert judge(sandbox, tests, source.decode()).verdict == 'accepted'\n"
        "    print(time.perf_counter() - started)\n"
    )
    body = test_set.to_bytes() + b"\0SOURCE\0" + source.encode()
    judges = [
        subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    outputs: list[bytes] = []
    threads = [
        threading.Thread(target=lambda one=one: outputs.append(one.communicate(body)[0]))
        for one in judges
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(RUNS / float(output.split()[1]) for output in outputs)


def test_submit_to_verdict_over_http(site, four):
    """All tests of the problem, by a learner's token, with `Prefer: wait`."""
    _test_set, source = four
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    headers = {"Content-Type": "application/json", "Prefer": "wait=20"}

    def call(path: str, body: dict) -> dict:
        connection.request("POST", f"/api/v1/{path}", json.dumps(body), headers)
        answer = connection.getresponse()
        found = json.load(answer)
        assert answer.status == 200, found
        return found

    headers["Authorization"] = f"Token {call('auth/token/', site.account)['token']}"

    def one() -> None:
        found = call(f"problems/{PROBLEM}/submissions/", {"code": source})
        assert found["verdict"] == "accepted"

    ms(one, 10)
    best = min((ms(one, SUBMISSIONS) for _ in range(ROUNDS)), key=statistics.median)
    connection.close()
    median, p95 = statistics.median(best), statistics.quantiles(best, n=20)[-1]
    print(f"\n\nSubmit to verdict over HTTP, best of {ROUNDS} times {SUBMISSIONS}")
    print(f"  median {median:.1f} ms, 95th percentile {p95:.1f} ms")
    assert median <= MOST_HTTP_MS
