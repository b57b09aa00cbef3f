"""Faults of PostgreSQL: its server stops at once and starts, or another session holds a lock."""

import contextlib
import json
import threading
import time

from tests.faults import faults
from tests.processes import eventually
from tests.worker import LEASE_SECONDS, NO_ANSWER, Casebook, Tally

DOWN_SECONDS = 3


def test_a_database_that_stops_and_starts_loses_no_job_and_ends_no_process(casebook: Casebook):
    processes = [program.process.pid for program in casebook.programs]
    accepted = [casebook.submit("sleep", 2) for _ in range(8)]
    refused, other = [], []
    stop = threading.Event()

    def submit_all_the_time() -> None:
        while not stop.is_set():
            status, body, headers = casebook.try_to_submit("sleep")
            if status == 202:
                accepted.append(body["id"])
            elif status == 503:
                refused.append((body, headers))
            else:
                other.append((status, body))
            time.sleep(0.2)

    clients = [threading.Thread(target=submit_all_the_time) for _ in range(3)]
    for client in clients:
        client.start()
    time.sleep(0.7)
    with faults.database_stopped(casebook):
        time.sleep(DOWN_SECONDS)
    started = time.monotonic()
    casebook.wait_until_well()
    print(f"a new job went all the way {time.monotonic() - started:.1f} s after the start")
    stop.set()
    for client in clients:
        client.join()
    print(f"{len(accepted)} submits accepted, {len(refused)} refused")
    states = Tally(casebook, accepted).settle(90)
    assert states == {"succeeded": len(accepted)}
    assert other == []
    assert refused
    for body, headers in refused:
        assert (body["status"], body["title"]) == (503, "Service Unavailable")
        assert headers["Content-Type"] == "application/problem+json"
        assert int(headers["Retry-After"]) > 0
    assert [program.process.pid for program in casebook.programs] == processes
    assert casebook.start_what_ended() == []


def test_while_the_database_is_away_every_door_says_so(casebook: Casebook):
    job = casebook.submit("sleep")
    with faults.database_stopped(casebook):
        # Answered before any view is asked, and by one.
        for path in ("/api/v1/topics/", f"/api/v1/compute/jobs/{job}/"):
            status, text, headers = casebook.get(path)
            assert (status, json.loads(text)["status"]) == (503, 503), path
            assert headers["Content-Type"] == "application/problem+json"
            assert int(headers["Retry-After"]) > 0
        for path in ("/topics/softmax/", "/admin/"):
            status, text, headers = casebook.get(path, Cookie="sessionid=of-somebody")
            assert status == 503, path
            assert "not available at the moment" in text
            assert int(headers["Retry-After"]) > 0
            assert "Traceback" not in text
        status, text, _ = casebook.get("/readyz")
        assert (status, json.loads(text)["status"]) == (503, "unavailable")
        assert json.loads(text)["checks"]["database"]["ok"] is False
        assert casebook.get("/healthz")[0] == 200
    eventually(
        lambda: json.loads(casebook.get("/readyz")[1])["checks"]["database"]["ok"],
        10,
        "the database is back",
    )
    casebook.wait_until_well()


def test_a_client_that_waits_learns_what_became_of_its_job(casebook: Casebook):
    answers = []

    def submit_and_wait() -> None:
        with contextlib.suppress(*NO_ANSWER):
            answers.append(casebook.try_to_submit("sleep", 1, name="over", Prefer="wait=20"))

    client = threading.Thread(target=submit_and_wait)
    client.start()
    eventually(lambda: casebook.runs()["over"], 10, "the job runs")
    with faults.database_stopped(casebook):
        time.sleep(DOWN_SECONDS)
    client.join()
    [(status, job, _)] = answers
    print(f"the waiting client was answered {status}")
    assert status in (200, 202), job
    assert Tally(casebook, [job["id"]]).settle() == {"succeeded": 1}


def test_while_another_session_locks_the_jobs_everybody_waits(casebook: Casebook):
    jobs = [casebook.submit("sleep", 1) for _ in range(6)]
    casebook.wait_until_begun(jobs[:2])
    late: list[str] = []
    clients = [
        threading.Thread(target=lambda: late.append(casebook.submit("sleep", 0.05)))
        for _ in range(4)
    ]
    # Past the leases, so that worker and sweep want the same rows when it is free again.
    with faults.database_locked(casebook):
        for client in clients:
            client.start()
        time.sleep(LEASE_SECONDS + 1)
        assert late == []
        assert casebook.get("/healthz")[0] == 200
    for client in clients:
        client.join()
    assert Tally(casebook, jobs + late).settle() == {"succeeded": 10}
