"""What the log of real processes says of a job, and whose request it was."""

import json
import secrets

from tests.processes import Program, eventually
from tests.worker import Casebook

# Celery prints this past all logging when it is asked to stop, as other tests ask it.
FAREWELL = ("", "worker: Warm shutdown (MainProcess)")


def lines_of(program: Program, request_id: str) -> list[dict]:
    lines = [json.loads(line) for line in written(program)]
    return [line for line in lines if line.get("request_id") == request_id]


def written(program: Program) -> list[str]:
    """What the program logged, in whole lines: one that was killed may have begun another."""
    lines = program.log.read_text().split("\n")[:-1]
    return [line for line in lines if line not in FAREWELL]


def log_of(casebook: Casebook, program: Program, kind: str, state: str) -> tuple[str, list[dict]]:
    """Submit a job under a new request id; its id, and what the program logged about it."""
    request_id = f"test-{secrets.token_hex(4)}"
    status, job, headers = casebook.try_to_submit(kind, **{"X-Request-ID": request_id})
    assert (status, headers["X-Request-ID"]) == (202, request_id)
    casebook.wait_until(job["id"], state, 60)
    eventually(lambda: lines_of(program, request_id), 5, "the log names the request")
    return job["id"], lines_of(program, request_id)


def test_the_id_of_a_request_stands_in_the_lines_of_its_job_in_the_worker(casebook: Casebook):
    pk, [line] = log_of(casebook, casebook.worker, "sleep", "succeeded")
    assert line["seconds"] >= 0
    wanted = {
        "event": "Worked on it.",
        "level": "info",
        "logger": "compute.runner",
        "work": "job",
        "id": pk,
        "kind": "fault-sleep",
        "attempt": 1,
        "state": "succeeded",
    }
    assert {name: line.get(name) for name in wanted} == wanted


def test_and_in_that_of_the_web_server(casebook: Casebook):
    _, [line] = log_of(casebook, casebook.web, "sleep", "succeeded")
    wanted = {"method": "POST", "path": "/api/v1/compute/jobs/", "status": 202, "user": None}
    assert {name: line[name] for name in wanted} == wanted


def test_warnings_and_exceptions_of_a_kind_carry_it(casebook: Casebook):
    pk, [warned, _] = log_of(casebook, casebook.worker, "warns", "succeeded")
    assert (warned["logger"], warned["id"]) == ("py.warnings", pk)
    assert "Nearly singular." in warned["event"]
    pk, [failed, ended] = log_of(casebook, casebook.worker, "raises", "failed")
    assert (failed["level"], failed["id"]) == ("error", pk)
    assert "ValueError: a secret of the server" in failed["exception"]
    assert (ended["state"], ended["error_code"]) == ("failed", "internal")


def test_the_thread_beside_the_work_carries_it_too(casebook: Casebook):
    pk, lines = log_of(casebook, casebook.worker, "stubborn", "failed")
    assert any("does not stop" in line["event"] and line["id"] == pk for line in lines)


def test_the_sweep_says_whose_worker_was_lost(casebook: Casebook):
    pk, lines = log_of(casebook, casebook.sweep, "killed", "failed")
    assert [(line["id"], line["attempt"]) for line in lines] == [(pk, n) for n in (1, 2, 3)]
    assert lines[0]["event"] == "Its worker was lost: requeued."
    assert lines[-1]["event"] == "Its worker was lost: lost."


def test_parts_of_a_job_carry_the_id_of_its_request(casebook: Casebook):
    _, lines = log_of(casebook, casebook.worker, "split", "succeeded")
    assert {line["work"] for line in lines} == {"job", "item"}


def test_every_line_of_every_program_is_json(casebook: Casebook):
    for program in (casebook.web, casebook.worker, casebook.sweep):
        for line in written(program):
            assert {"event", "level", "timestamp", "logger"} <= set(json.loads(line)), line
