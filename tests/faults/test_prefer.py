"""`Prefer: wait=N` over HTTP, with a real worker behind it."""

import threading
import time

import pytest

from tests.worker import Casebook

SMALL = {"kind": "fault-sleep", "params": {}}
SLOW = {"kind": "fault-sleep", "params": {"seconds": 30}}


def test_a_small_job_is_answered_when_it_has_ended(casebook: Casebook):
    status, job, headers = casebook.call("jobs/", SMALL, Prefer="wait=10")
    assert (status, job["state"]) == (200, "succeeded")
    assert job["result"]
    assert headers["Preference-Applied"] == "wait=10"
    assert headers["Location"] == f"/api/v1/compute/jobs/{job['id']}/"
    status, read, headers = casebook.call(f"jobs/{job['id']}/", Prefer="wait=10")
    assert (status, read) == (200, job)
    assert headers["Preference-Applied"] == "wait=10"


def test_a_slow_job_is_answered_as_it_stands(casebook: Casebook):
    started = time.monotonic()
    status, job, headers = casebook.call("jobs/", SLOW, Prefer="wait=1")
    assert 0.9 < time.monotonic() - started < 3
    assert (status, job["state"]) == (202, "running")
    assert headers["Preference-Applied"] == "wait=1"
    assert headers["Location"].endswith(f"/{job['id']}/")
    started = time.monotonic()
    status, job, headers = casebook.call(f"jobs/{job['id']}/", Prefer="wait=1")
    assert 0.9 < time.monotonic() - started < 3
    assert (status, job["state"]) == (200, "running")
    casebook.call(f"jobs/{job['id']}/cancel/", {})


def test_a_waiting_read_ends_with_the_job(casebook: Casebook):
    job = casebook.submit("sleep", 30)
    threading.Timer(1, casebook.call, [f"jobs/{job}/cancel/", {}]).start()
    started = time.monotonic()
    status, read, _ = casebook.call(f"jobs/{job}/", Prefer="wait=20")
    assert (status, read["state"]) == (200, "cancelled")
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        ("wait=5", "wait=5"),
        ("WAIT=5", "wait=5"),
        ('wait="5"', "wait=5"),
        ("respond-async, wait=5", "wait=5"),
        ("return=minimal; foo=bar, wait=5; x=y", "wait=5"),
        ("wait = 5", "wait=5"),
        ("wait=99999", "wait=30"),
        ("wait=0", "wait=0"),
    ],
)
def test_forms_of_the_preference(casebook: Casebook, prefer: str, applied: str):
    _, _, headers = casebook.call("jobs/", SMALL, Prefer=prefer)
    assert headers["Preference-Applied"] == applied


@pytest.mark.parametrize(
    "prefer", ["", "wait", "wait=", "wait=soon", "wait=-1", "await=5", "x=wait"]
)
def test_what_is_no_such_preference_is_not_applied(casebook: Casebook, prefer: str):
    status, job, headers = casebook.call("jobs/", SLOW, Prefer=prefer)
    assert status == 202
    assert headers["Preference-Applied"] is None
    casebook.call(f"jobs/{job['id']}/cancel/", {})


def test_waiting_readers_leave_room_for_others(casebook: Casebook):
    """At most half of the server's threads wait; past that the answer comes at once."""
    job = casebook.submit("sleep", 30)
    answers = []

    def wait():
        started = time.monotonic()
        _, _, headers = casebook.call(f"jobs/{job}/", Prefer="wait=3")
        answers.append((headers["Preference-Applied"], time.monotonic() - started))

    readers = [threading.Thread(target=wait) for _ in range(40)]
    for reader in readers:
        reader.start()
    time.sleep(1)
    started = time.monotonic()
    assert casebook.call("kinds/")[0] == 200
    assert time.monotonic() - started < 1
    for reader in readers:
        reader.join()
    at_once = [seconds for applied, seconds in answers if applied is None]
    waited = [seconds for applied, seconds in answers if applied == "wait=3"]
    assert len(at_once) + len(waited) == 40
    assert waited
    assert at_once
    assert min(waited) > 2.5
    casebook.call(f"jobs/{job}/cancel/", {})
