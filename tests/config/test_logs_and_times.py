"""What the log leaves out, and in which time zone the API speaks."""

import json
import logging
import subprocess
import sys
import zoneinfo

import pytest

from config import settings as project
from tests.processes import ROOT, environment

JUNK = "&".join(f"p{number}=1" for number in range(1_200))

PROBE = """
import django
django.setup()
from django.test import Client
client, junk = Client(raise_request_exception=False), "&".join(f"p{n}=1" for n in range(1200))
for path in ("/search/", "/api/v1/search/", "/cases/"):
    print(client.get(f"{path}?{junk}").status_code)
print(client.get("/", HTTP_HOST="evil.example").status_code)
"""


def test_junk_is_answered_400_and_leaves_no_traceback_in_the_log(tmp_path):
    (tmp_path / "static").mkdir()
    variables = environment(tmp_path)
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(migrate, cwd=ROOT, env=variables, check=True)
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["400"] * 4
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [("Answered.", "info")] * 4
    assert "p7=1" not in done.stderr


def test_what_fails_in_the_server_is_still_logged():
    assert logging.getLevelName(project.LOGGING["loggers"]["django.request"]["level"]) <= (
        logging.ERROR
    )


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/St_Johns"])
def test_times_of_the_api_are_utc_whatever_the_site_shows(api_as, ada, settings, zone):
    settings.TIME_ZONE = zone
    assert ada.date_joined.astimezone(zoneinfo.ZoneInfo(zone)).utcoffset()
    joined = api_as(ada).get("/api/v1/me/").json()["joined_at"]
    assert joined.endswith("Z")
    assert joined == ada.date_joined.isoformat().replace("+00:00", "Z")
