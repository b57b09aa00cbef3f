"""Tries are counted exactly, by any number of processes."""

import subprocess
import sys
import time

import pytest

from rest.limits import LimitExceeded, count_try
from rest.models import Tries
from tests.processes import ROOT, environment

PROBE = """
import django
django.setup()
from rest.limits import LimitExceeded, count_try
allowed = 0
for _ in range(20):
    try:
        count_try("token", "ada 127.0.0.1")
        allowed += 1
    except LimitExceeded:
        pass
print(allowed)
"""


def test_processes_that_try_at_the_same_moment_share_the_limit(tmp_path):
    variables = environment(tmp_path)
    migrate = [sys.executable, "manage.py", "migrate", "rest", "--verbosity=0"]
    subprocess.run(migrate, cwd=ROOT, env=variables, check=True)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROBE], cwd=ROOT, env=variables, stdout=subprocess.PIPE
        )
        for _ in range(4)
    ]
    allowed = [int(process.communicate()[0]) for process in processes]
    assert sum(allowed) == 10


@pytest.mark.parametrize("limit", ["0", "0.5"])
def test_a_limit_below_one_allows_nothing(db, settings, limit):
    settings.LIMITS = settings.LIMITS | {"token": limit}
    with pytest.raises(LimitExceeded):
        count_try("token", "ada")


def test_limits_count_apart(db, settings):
    settings.LIMITS = settings.LIMITS | {"token": "1", "token_address": "1"}
    count_try("token", "ada")
    count_try("token_address", "ada")
    with pytest.raises(LimitExceeded):
        count_try("token", "ada")


def test_a_refused_try_does_not_make_the_wait_longer(db, settings):
    settings.LIMITS = settings.LIMITS | {"token": "1"}
    count_try("token", "ada", window=1)
    for _ in range(5):
        with pytest.raises(LimitExceeded):
            count_try("token", "ada", window=1)
        time.sleep(0.1)
    assert Tries.objects.get().count == 1
    time.sleep(0.6)
    count_try("token", "ada", window=1)
