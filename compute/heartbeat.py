"""A worker says that it is alive, from a thread of its parent process."""

import logging
import threading

from celery.signals import worker_ready, worker_shutting_down
from django.db import Error, connection

from rest.health import BEAT_SECONDS, heartbeat, silence

logger = logging.getLogger(__name__)

_stop = threading.Event()


@worker_ready.connect
def start(sender, **_):
    queues = sender.app.amqp.queues.consume_from
    names = [f"worker_{queue}" for queue in queues if queue in ("compute", "judge")]
    threading.Thread(target=_beat, args=(names,), daemon=True).start()


@worker_shutting_down.connect
def stop(**_):
    _stop.set()


def _beat(names: list[str]) -> None:
    while True:
        try:
            for name in names:
                heartbeat(name)
        except Error:
            logger.warning("No sign of life: the database does not answer.")
        finally:
            # Closed each time, so that a pool process forked meanwhile inherits none.
            connection.close()
        if _stop.wait(BEAT_SECONDS):
            break
    silence(names)
    connection.close()
