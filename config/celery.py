"""The Celery application: `celery -A config worker -Q compute,default`."""

import os

# One BLAS thread a worker process, before NumPy is imported: two threads on busy cores took the
# 95th percentile of a small job from 0.06 ms to 54 ms.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from celery import Celery
from celery.signals import setup_logging, worker_ready
from django.conf import settings

from config import logs

app = Celery("casebook")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Celery closes the database connection before and after each task, or so many tasks apart: a new
# connection costs as much as half of a small job. (The name is an old one, without a namespace.)
app.conf["CELERY_DB_REUSE_MAX"] = 100
app.autodiscover_tasks()


@setup_logging.connect
def log_as_the_site_does(**_):
    """In place of what Celery would set up."""
    logs.configure(settings.LOGGING)


@worker_ready.connect
def replace_ended_processes_soon(sender, **_):
    """A pool process ends after many tasks, and what was handed to it meanwhile waits for its heir.

    Celery looks for ended processes every 5 s; it is told when one ends, but so early that the
    process may still be there. A small job would then take seconds.
    """
    sender.hub.call_repeatedly(0.05, sender.pool.maintain_pool)
