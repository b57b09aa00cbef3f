"""The supervisor and its children, as real processes."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from config.supervisor import LOG_BYTES, LOG_FILES, Child, rotating_logger
from tests.processes import ROOT, Site, environment, eventually

CHILDREN = {"broker", "worker-compute", "worker-judge", "web", "sweep"}


@pytest.fixture(autouse=True)
def _hang_ups_are_heard():
    """Also where the tests run under nohup, which a supervisor honours."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_starts_and_a_signal_stops_all_of_it_within_five_seconds(
    start: Callable[[], Site], number: int
):
    site = start()
    site.wait_until_ready()
    commands = " ".join(site.processes().values())
    assert all(part in commands for part in ("valkey-server", "celery", "granian", "sweep"))
    assert {log.stem for log in (site.state / "logs").glob("*.log")} >= CHILDREN

    assert site.seconds_to_stop(number) < 5
    assert site.process.returncode == 0
    assert site.processes() == {}
    assert not (site.state / "run.json").exists()


def test_it_says_once_where_it_is_and_how_to_sign_in_and_to_stop(start: Callable[[], Site]):
    site = start()
    site.wait_until_ready()
    account = site.state / "admin.json"
    admin = json.loads(account.read_text())
    assert stat.S_IMODE(account.stat().st_mode) == 0o600
    text = site.output.read_text()
    assert text.count("http://") == 1
    assert f"Casebook is ready at http://127.0.0.1:{site.port}/" in text
    assert admin["username"] in text
    assert admin["password"] in text
    assert f"Ctrl-C, or with: kill {site.process.pid}" in text


def test_a_child_that_is_killed_is_started_again(start: Callable[[], Site]):
    site = start()
    site.wait_until_ready()
    before = {p for p, command in site.processes().items() if "judge@" in command}
    os.kill(min(before), signal.SIGKILL)
    eventually(lambda: site.said("worker-judge ended (signal 9)"), 5, "the end is noticed")
    assert site.said("starting it again in 1 s")
    eventually(lambda: site.said("worker-judge is started again"), 5, "it is started again")
    after = {p for p, command in site.processes().items() if "judge@" in command}
    assert not before & after
    assert site.seconds_to_stop(signal.SIGTERM) < 5
    assert site.processes() == {}


def test_nothing_is_left_when_the_supervisor_itself_is_killed(start: Callable[[], Site]):
    site = start()
    site.wait_until_ready()
    site.process.kill()
    site.process.wait()
    eventually(lambda: not site.processes(), 5, "no process of the site is left")


def test_it_starts_again_after_it_was_killed(start: Callable[[], Site]):
    killed = start()
    eventually(lambda: len(killed.processes()) > 3, 30, "some children run")
    killed.process.kill()
    killed.process.wait()
    eventually(lambda: not killed.processes(), 5, "no process of the site is left")
    start().wait_until_ready()


def test_a_second_one_on_the_same_state_folder_is_refused(start: Callable[[], Site]):
    site = start()
    eventually(lambda: (site.state / "run.json").exists(), 30, "the first one holds the folder")
    second = subprocess.run(
        [sys.executable, "-m", "config.supervisor"],
        cwd=ROOT,
        env=environment(site.state),
        check=False,
        capture_output=True,
        text=True,
    )
    assert second.returncode == 1
    assert second.stderr == (
        f"Casebook already runs on {site.state} as process {site.process.pid}; "
        "stop that one first, or set CASEBOOK_VAR to another folder.\n"
    )
    assert site.process.poll() is None


def test_start_py_is_refused_on_the_state_folder_of_a_running_site(start: Callable[[], Site]):
    site = start()
    eventually(lambda: (site.state / "run.json").exists(), 30, "the first one holds the folder")
    second = subprocess.run(
        [sys.executable, "start.py"],
        cwd=ROOT,
        env=environment(site.state, PORT=str(site.port)),
        check=False,
        capture_output=True,
        text=True,
    )
    assert second.returncode == 1
    assert second.stderr.startswith(f"Casebook already runs on {site.state} as process ")


def test_the_pause_before_a_start_grows_to_half_a_minute(tmp_path: Path):
    child = Child("restless", ["false"], tmp_path / "restless.log")
    child.start({}, subprocess.DEVNULL)
    assert [child.next_pause() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]


def test_the_pause_begins_anew_after_a_minute_of_health(tmp_path: Path):
    child = Child("steady", ["false"], tmp_path / "steady.log")
    child.start({}, subprocess.DEVNULL)
    assert [child.next_pause() for _ in range(3)] == [1, 2, 4]
    child.started -= 61
    assert child.next_pause() == 1


def test_a_log_is_rotated_before_it_fills_the_disk(tmp_path: Path):
    logger = rotating_logger("talkative", tmp_path / "talkative.log")
    line = "x" * 99_999
    for _ in range(LOG_FILES * LOG_BYTES // len(line) * 2):
        logger.info(line)
    files = list(tmp_path.iterdir())
    assert len(files) == LOG_FILES
    assert all(file.stat().st_size <= LOG_BYTES for file in files)


def test_a_state_folder_too_deep_for_a_socket_works_and_leaves_nothing_behind(
    state: Path, tmp_path: Path
):
    deep = tmp_path / ("deep-" * 30) / "var"
    deep.parent.mkdir()
    state.rename(deep)
    site = Site(deep)
    try:
        site.wait_until_ready()
        broker_url = json.loads((deep / "run.json").read_text())["broker_url"]
        folder = Path(broker_url.removeprefix("redis+socket://")).parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        site.end()
    assert not folder.exists()
