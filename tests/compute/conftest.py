"""The queue of jobs in the broker of the tests."""

import base64
import json

import pytest
import redis

from compute import work


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


@pytest.fixture
def queue(valkey, monkeypatch):
    client, _program = valkey
    client.flushall()
    # What a test before found out about the broker.
    monkeypatch.setattr(work, "_broker_is_away_until", 0)
    return Queue(client)
