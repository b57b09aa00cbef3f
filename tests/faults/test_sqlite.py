"""A fault of SQLite: another process holds the lock that every writer needs."""

import threading
import time

from tests.faults import faults
from tests.worker import LEASE_SECONDS, Casebook, Tally


def test_while_another_process_holds_the_lock_writers_wait_and_readers_do_not(casebook: Casebook):
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
        end = time.monotonic() + LEASE_SECONDS + 1
        while time.monotonic() < end:
            started = time.monotonic()
            assert casebook.job(jobs[0])["state"] == "running"
            assert time.monotonic() - started < 1
            time.sleep(0.25)
        assert late == []
    for client in clients:
        client.join()
    assert Tally(casebook, jobs + late).settle() == {"succeeded": 10}


def test_a_lock_that_is_held_for_longer_than_we_wait_is_a_503(casebook: Casebook):
    with faults.database_locked(casebook):
        started = time.monotonic()
        status, problem, headers = casebook.try_to_submit("sleep")
        print(f"answered {status} after {time.monotonic() - started:.1f} s")
        assert (status, problem["title"]) == (503, "Service Unavailable")
        assert headers["Content-Type"] == "application/problem+json"
        assert int(headers["Retry-After"]) > 0
    casebook.wait_until_well()
    assert casebook.start_what_ended() == []
