"""`make bench`: jobs over HTTP on an idle real site, from submit to result."""

import http.client
import itertools
import json
import statistics
import threading
import time
from datetime import datetime

import pytest

JOBS, ROUNDS, MOST_MEDIAN_MS, MOST_P95_MS = 200, 3, 15, 40
MANY, MOST_MANY_SECONDS, CLIENTS = 1000, 6, 4
MOST_CACHED_MS = 3
WAITING, MOST_READING_P95_MS = 40, 200
KIND, TEXT = "multi-head-attention", "the cat sat on the mat"
# No two parameters are equal, so that nothing is answered from an earlier job.
seeds = itertools.count()


class Client:
    """One kept connection: a stranger's, or with the token of somebody whom no limit stops."""

    def __init__(self, site, token: str = ""):
        self.connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
        self.headers = {"Content-Type": "application/json"}
        if token:
            self.headers["Authorization"] = f"Token {token}"

    def call(self, method: str, path: str, body: object = None, prefer: str = ""):
        data = None if body is None else json.dumps(body)
        self.connection.request(method, f"/api/v1/{path}", data, self.headers | {"Prefer": prefer})
        answer = self.connection.getresponse()
        return answer.status, json.load(answer)

    def submit(self, prefer: str = "", **params):
        given = {"text": TEXT, "d_model": 16, "num_heads": 4, "seed": next(seeds)} | params
        return self.call("POST", "compute/jobs/", {"kind": KIND, "params": given}, prefer)

    def timed_submit(self, **params) -> float:
        """Milliseconds from the submit to the finished job."""
        started = time.perf_counter()
        status, job = self.submit("wait=10", **params)
        milliseconds = (time.perf_counter() - started) * 1000
        assert (status, job["state"]) == (200, "succeeded")
        return milliseconds


@pytest.fixture(scope="module")
def token(site) -> str:
    status, answer = Client(site).call("POST", "auth/token/", site.account)
    assert status == 200, answer
    return answer["token"]


@pytest.fixture
def client(site):
    found = Client(site)
    yield found
    found.connection.close()


def test_submit_to_finished_result(client):
    rounds = [[client.timed_submit() for _ in range(JOBS)] for _ in range(ROUNDS + 1)]
    # The first round warms the processes up.
    best = min(rounds[1:], key=statistics.median)
    median, p95 = statistics.median(best), statistics.quantiles(best, n=20)[-1]
    print(f"\n\nSubmit to finished result over HTTP, {JOBS} small attention jobs, best of {ROUNDS}")
    print(f"  median {median:.1f} ms, 95th percentile {p95:.1f} ms, slowest {max(best):.1f} ms")
    assert median <= MOST_MEDIAN_MS
    assert p95 <= MOST_P95_MS


def test_an_equal_job_that_succeeded_earlier(client):
    seed = next(seeds)
    client.timed_submit(seed=seed)
    rounds = [[client.timed_submit(seed=seed) for _ in range(JOBS)] for _ in range(ROUNDS)]
    best = min(map(statistics.median, rounds))
    fresh = statistics.median(client.timed_submit() for _ in range(JOBS))
    print(f"\n\nAn equal job that succeeded earlier, median of {JOBS}, best of {ROUNDS}")
    print(f"  {best:.2f} ms, {best / fresh:.2f} of a job that is computed")
    assert best <= MOST_CACHED_MS


def test_a_thousand_small_jobs(site, token):
    """From the first submit to the end of the last, submitted by a few clients at once."""
    seconds = min(_seconds_of_a_thousand(site, token) for _ in range(ROUNDS))
    print(f"\n\n{MANY} small attention jobs from {CLIENTS} clients, two worker processes")
    print(f"  {seconds:.2f} s, {MANY / seconds:.0f} a second, best of {ROUNDS}")
    assert seconds <= MOST_MANY_SECONDS


def _seconds_of_a_thousand(site, token: str) -> float:
    clients = [Client(site, token) for _ in range(CLIENTS)]
    submitted: list[list[str]] = [[] for _ in clients]

    def work(client: Client, ids: list[str]) -> None:
        for _ in range(MANY // CLIENTS):
            status, job = client.submit()
            assert status == 202, job
            ids.append(job["id"])

    threads = [
        threading.Thread(target=work, args=pair) for pair in zip(clients, submitted, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    jobs = []
    client, fields = clients[0], "state,created_at,finished_at"
    for pk in [pk for ids in submitted for pk in reversed(ids)]:
        status, job = client.call("GET", f"compute/jobs/{pk}/?fields={fields}", prefer="wait=20")
        assert (status, job["state"]) == (200, "succeeded")
        jobs.append(job)
    assert len(jobs) == MANY
    begun = min(datetime.fromisoformat(job["created_at"]) for job in jobs)
    ended = max(datetime.fromisoformat(job["finished_at"]) for job in jobs)
    return (ended - begun).total_seconds()


def test_reading_while_forty_clients_wait(site, client, token):
    """Their jobs are long ones, so that all of them wait all the time."""
    stop = threading.Event()

    def wait() -> None:
        own = Client(site, token)
        while not stop.is_set():
            size = {"n": 2048, "m": 2048, "d": 64, "seed": next(seeds)}
            params = {"generate": size, "num_heads": 4, "return_weights": False}
            own.call("POST", "compute/jobs/", {"kind": KIND, "params": params}, "wait=2")

    threads = [threading.Thread(target=wait, daemon=True) for _ in range(WAITING)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    times = []
    for n in range(300):
        started = time.perf_counter()
        status, _ = client.call("GET", f"case-studies/?page_size={n % 50 + 1}")
        times.append((time.perf_counter() - started) * 1000)
        assert status == 200
    stop.set()
    for thread in threads:
        thread.join()
    median, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    print(f"\n\nReading cases while {WAITING} clients wait for jobs")
    print(f"  median {median:.1f} ms, 95th percentile {p95:.1f} ms, slowest {max(times):.1f} ms")
    assert p95 <= MOST_READING_P95_MS
