"""docker-compose.yml: its very commands and variables, started on servers of this machine."""

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.supervisor import broker_command, programs
from tests.postgres import postgres_server
from tests.processes import ROOT, environment, eventually, free_port, ready

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name for name, service in SERVICES.items() if service["image"] == "casebook"}
LONG_RUNNING = sorted(OURS - {"prepare"})


def option(command: list[str], name: str) -> str:
    return command[command.index(name) + 1]


def test_each_part_of_a_single_machine_has_a_service():
    assert set(LONG_RUNNING) == set(programs("0.0.0.0", 8000))


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_a_service_runs_the_command_of_the_supervisor(name: str):
    ours = programs("0.0.0.0", 8000)[name]
    assert SERVICES[name]["command"] == ["python", *ours[1:]]


def test_every_queue_has_exactly_one_service():
    workers = [SERVICES[name]["command"] for name in LONG_RUNNING if name.startswith("worker-")]
    queues = [queue for command in workers for queue in option(command, "-Q").split(",")]
    assert sorted(queues) == ["compute", "default", "judge"]


def test_the_images_command_is_that_of_the_web_service():
    text = (ROOT / "Dockerfile").read_text()
    command = text.rpartition("CMD ")[2].strip()
    assert yaml.safe_load(command) == SERVICES["web"]["command"]


@contextlib.contextmanager
def running(command: list[str], variables: dict[str, str], log: Path) -> Iterator[subprocess.Popen]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=variables, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def filled_in(service: dict[str, Any], values: dict[str, str]) -> dict[str, str]:
    """The service's environment with the values that an operator and Compose put in."""

    def value(match: re.Match[str]) -> str:
        return values[match[1]] if match[1] in values or match[2] != "-" else match[3]

    variables = {
        name: re.sub(r"\$\{(\w+)(?::([-?])([^}]*))?\}", value, text)
        for name, text in service["environment"].items()
    }
    return {name: text for name, text in variables.items() if text}


def test_all_services_come_up_and_the_site_is_ready(tmp_path: Path):
    state = tmp_path / "state"
    (state / "static").mkdir(parents=True)  # in the image it is made with the image
    port, broker_port = free_port(), free_port()
    values = {
        "SITE_URL": f"http://127.0.0.1:{port}",
        "SECRET_KEY": "of fifty characters and more, as an operator would choose it",
        "POSTGRES_PASSWORD": "",
        "TRUSTED_PROXIES": "",
    }
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(postgres_server())
        broker = broker_command(tmp_path / "unused.sock", tmp_path)
        broker[broker.index("--port") + 1] = str(broker_port)
        del broker[broker.index("--unixsocket") : broker.index("--unixsocket") + 4]
        broker += ["--bind", "127.0.0.1"]
        stack.enter_context(running(broker, dict(os.environ), tmp_path / "broker.log"))

        def variables(name: str) -> dict[str, str]:
            given = filled_in(SERVICES[name], values)
            # What Compose's own network names db and redis is here another port of this machine.
            given["DATABASE_URL"] = database
            for url in ("BROKER_URL", "CACHE_URL"):
                given[url] = given[url].replace("//redis:6379", f"//127.0.0.1:{broker_port}")
            path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            return environment(state, PATH=path, STATIC_ROOT=str(state / "static"), **given)

        prepare = SERVICES["prepare"]["command"]
        subprocess.run(prepare, cwd=ROOT, env=variables("prepare"), check=True)
        processes = {}
        for name in LONG_RUNNING:
            command = [
                word.replace("0.0.0.0", "127.0.0.1").replace("8000", str(port))
                for word in SERVICES[name]["command"]
            ]
            log = tmp_path / f"{name}.log"
            processes[name] = stack.enter_context(running(command, variables(name), log))

        eventually(lambda: ready(port), 90, "/readyz is ok")
        time.sleep(1)
        assert {name: process.poll() for name, process in processes.items()} == dict.fromkeys(
            LONG_RUNNING
        )
        check = SERVICES["web"]["healthcheck"]["test"][1:]
        check = [word.replace("8000", str(port)) for word in check]
        subprocess.run(check, cwd=ROOT, env=variables("web"), check=True)
