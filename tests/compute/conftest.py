"""A real broker where the tests' settings look for one."""

import base64
import json

import pytest
import redis
from django.conf import settings

from compute import work
from config.state import kept_socket
from tests.processes import broker as running_broker


class Queue:
    """The queue that workers of jobs read, seen from outside."""

    NAME = "compute"

    def __init__(self, client: redis.Redis):
        self.client = client

    def jobs(self) -> list[str]:
        """The ids in the messages that wait, the oldest first."""
        messages = map(json.loads, reversed(self.client.lrange(self.NAME, 0, -1)))
        return [json.loads(base64.b64decode(message["body"]))[0][0] for message in messages]

    def lose(self, count: int) -> None:
        self.client.rpop(self.NAME, count)


@pytest.fixture(scope="session")
def valkey():
    folder = kept_socket(settings.VAR_DIR).parent
    with running_broker(folder) as (url, program):
        yield redis.Redis(unix_socket_path=url.partition("://")[2]), program


@pytest.fixture
def queue(valkey, monkeypatch):
    client, _program = valkey
    client.flushall()
    # What a test before found out about the broker.
    monkeypatch.setattr(work, "_broker_is_away_until", 0)
    return Queue(client)
