"""/readyz: which processes are alive, of how many that do the same, and what it never does."""

import contextlib
import datetime
import os
import socket

import pytest
from celery import current_app
from django.utils import timezone

from rest.health import ALIVE, FORGOTTEN, PROCESSES, heartbeat, silence
from rest.models import Heartbeat

pytestmark = pytest.mark.django_db


def beat(name: str, age: datetime.timedelta = datetime.timedelta()):
    Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now() - age})


def check(client, name: str) -> dict:
    return client.get("/readyz").json()["checks"][name]


def test_a_sign_of_life_names_part_machine_and_process(client):
    heartbeat("sweep")
    heartbeat("sweep")
    [row] = Heartbeat.objects.all()
    assert row.name == f"sweep@{socket.gethostname()}:{os.getpid()}"
    assert check(client, "sweep")["ok"]


def test_one_of_several_that_lives_is_enough_and_one_that_ended_hides_no_other(client):
    beat("sweep@dead:1", 2 * ALIVE)
    assert not check(client, "sweep")["ok"]
    beat("sweep@alive:2")
    beat("sweep@older:3", ALIVE / 2)
    assert check(client, "sweep")["ok"]


def test_a_process_that_ends_takes_back_its_own_sign_of_life_alone(client):
    beat("sweep@elsewhere:1")
    heartbeat("sweep")
    silence(["sweep"])
    assert [row.name for row in Heartbeat.objects.all()] == ["sweep@elsewhere:1"]
    assert check(client, "sweep")["ok"]


def test_what_was_never_heard_of_has_not_started(client):
    for name in PROCESSES:
        assert check(client, name) == {"ok": False, "detail": "It has not started yet."}


def test_the_dead_are_forgotten_after_a_day(client):
    beat("worker_judge@killed:1", FORGOTTEN + ALIVE)
    beat("worker_judge@killed:2", FORGOTTEN - ALIVE)
    heartbeat("worker_judge")
    names = set(Heartbeat.objects.values_list("name", flat=True))
    assert "worker_judge@killed:1" not in names
    assert "worker_judge@killed:2" in names


def test_a_broker_whose_connections_are_all_taken_is_a_check_that_fails(client):
    with contextlib.ExitStack() as taken:
        for _ in range(current_app.pool.limit):
            taken.enter_context(current_app.pool.acquire(block=False))
        response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["broker"]["ok"] is False
