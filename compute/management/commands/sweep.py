import logging
import signal
import threading
import time

from django.core.management.base import BaseCommand
from django.db import Error, connection

from compute.counting import count_sweep
from compute.schedule import run_due
from compute.work import kinds_of_work, sweep
from rest.health import heartbeat, silence

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Put right what workers and the broker lost, and run what is due. Any number may run."

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="sweep once, then end")
        parser.add_argument("--seconds", type=float, default=2, help="between two sweeps")

    def handle(self, *, once, seconds, **options):
        stop = threading.Event()
        if not once:
            signal.signal(signal.SIGTERM, lambda *_: stop.set())
            signal.signal(signal.SIGINT, lambda *_: stop.set())
        while True:
            begun = time.monotonic()
            try:
                for model in kinds_of_work():
                    counts = {name: count for name, count in sweep(model).items() if count}
                    count_sweep(model, counts)
                    if counts:
                        names = {"work": model._meta.model_name}
                        logger.info("Put right what was lost.", extra=names | counts)
                run_due()
                heartbeat("sweep")
            except Error:
                # A database that is away comes back; a sweep that ended would not.
                if once:
                    raise
                logger.warning("The database does not answer; trying again.", exc_info=True)
                connection.close()
            if once:
                return
            if stop.wait(max(0, seconds - (time.monotonic() - begun))):
                break
        silence(["sweep"])
