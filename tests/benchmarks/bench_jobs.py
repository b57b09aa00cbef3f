"""`make bench`: from the submit of a small job to its result, over HTTP, on an idle real site."""

import http.client
import json
import statistics
import time

JOBS, ROUNDS, MOST_MEDIAN_MS = 200, 3, 20
BODY = {
    "kind": "multi-head-attention",
    "params": {"text": "the cat sat on the mat", "d_model": 16, "num_heads": 4},
}


def test_submit_to_finished_result(site):
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    headers = {"Content-Type": "application/json", "Prefer": "wait=10"}
    rounds = []
    for round_ in range(ROUNDS + 1):
        times = []
        for n in range(JOBS):
            # No two parameters are equal, so that nothing is answered from an earlier job.
            params = BODY["params"] | {"seed": round_ * JOBS + n}
            body = json.dumps(BODY | {"params": params})
            started = time.perf_counter()
            connection.request("POST", "/api/v1/compute/jobs/", body, headers)
            answer = connection.getresponse()
            job = json.load(answer)
            times.append((time.perf_counter() - started) * 1000)
            assert (answer.status, job["state"]) == (200, "succeeded")
        rounds.append(times)
    connection.close()
    # The first round warms the processes up.
    best = min(rounds[1:], key=statistics.median)
    median, p95 = statistics.median(best), statistics.quantiles(best, n=20)[-1]
    print(f"\n\nSubmit to finished result over HTTP, {JOBS} small attention jobs, best of {ROUNDS}")
    print(f"  median {median:.1f} ms, 95th percentile {p95:.1f} ms, slowest {max(best):.1f} ms")
    assert median <= MOST_MEDIAN_MS
