"""How a line of the log looks, whoever wrote it."""

import json
import logging
import subprocess
import sys

import pytest
import structlog

from config.logs import formatter
from tests.processes import ROOT, environment

FAILING = """
import logging, warnings, django
django.setup()
warnings.warn("Nearly singular.", RuntimeWarning)
try:
    secret_of_a_caller = "not for the log"
    1 / 0
except ZeroDivisionError:
    logging.getLogger("a.kind").exception("It failed.", extra={"kind": "k", "params": [1]})
"""


def record(message="Said.", *args, **extra) -> logging.LogRecord:
    return logging.getLogger("some.place").makeRecord(
        "some.place", logging.WARNING, __file__, 1, message, args, None, extra=extra
    )


def test_a_record_becomes_an_object_with_its_sentence_level_time_and_place():
    line = json.loads(formatter("json").format(record("%s of %s.", 3, 4, status=404)))
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "3 of 4.",
        "level": "warning",
        "logger": "some.place",
        "status": 404,
    }


def test_what_is_bound_to_the_thread_is_in_its_lines():
    with structlog.contextvars.bound_contextvars(request_id="r", attempt=2):
        line = json.loads(formatter("json").format(record()))
    assert (line["request_id"], line["attempt"]) == ("r", 2)


def test_extras_of_other_libraries_stay_out():
    line = json.loads(formatter("json").format(record(request="GET /?token=1", args_of_task=[1])))
    assert not {"request", "args_of_task"} & set(line)


@pytest.mark.parametrize("text", ["\ud800 is half a letter", "two\nlines", "ünï", 2**70])
def test_any_text_is_one_line_of_json(text):
    line = formatter("json").format(record("%s", text))
    assert "\n" not in line
    assert json.loads(line)["event"] == str(text)
    json.loads(formatter("json").format(record(status=text)))


def test_at_a_terminal_it_is_read_as_names_and_values():
    line = formatter("console").format(record(status=404, path="/a\nforged"))
    assert "Said." in line
    assert "status=404" in line
    assert "\n" not in line


@pytest.mark.parametrize("form", ["json", "console"])
def test_failures_and_warnings_are_logged_without_the_values_of_variables(tmp_path, form):
    done = subprocess.run(
        [sys.executable, "-c", FAILING],
        cwd=ROOT,
        env=environment(tmp_path, LOG_FORMAT=form),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "ZeroDivisionError" in done.stderr
    assert "Nearly singular." in done.stderr
    assert "not for the log" not in done.stderr.replace('"not for the log"', "")
    if form == "json":
        warned, failed = map(json.loads, done.stderr.splitlines())
        assert warned["logger"] == "py.warnings"
        assert (failed["level"], failed["kind"]) == ("error", "k")
        assert "params" not in failed


def test_a_form_that_there_is_not_is_refused_with_those_that_there_are(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=environment(tmp_path, LOG_FORMAT="xml"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "LOG_FORMAT=xml should be one of json, console." in done.stderr
