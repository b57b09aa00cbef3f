"""Logs: a line of JSON for each event, with the request or the job that it belongs to.

Every logger is one of the standard library's. What a line is about besides its sentence goes into
`extra` under one of the names in FIELDS; request and job come from structlog's context variables,
bound by rest/access.py and compute/runner.py. Names, addresses and parameters are in no field.
"""

import json
import logging.config
import os
import sys

import orjson
import structlog

FORMS = ("json", "console")

# Other libraries' extras hold whole requests and arguments, whose addresses may be secrets.
FIELDS = (
    *("method", "path", "status", "milliseconds", "user"),
    *("work", "id", "kind", "attempt", "state", "seconds", "error_code", "request_id"),
    *("requeued", "lost", "timed_out", "cancelled", "sent"),
)


def formatter(form: str = "") -> logging.Formatter:
    """Formats every record, whoever logged it, as JSON or for a reader at a terminal.

    The web server's own lines (config/granian.json), which know no settings, leave `form` empty.
    """
    form = form or os.environ.get("LOG_FORMAT", "json")
    before = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.ExtraAdder(allow=FIELDS),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor
    if form == "console":
        # Plainly: other forms show local variables, and those are somebody's parameters.
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    else:
        before.append(structlog.processors.format_exc_info)
        renderer = structlog.processors.JSONRenderer(serializer=_json)
    return structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        foreign_pre_chain=before,
    )


def _json(event: dict, **_options) -> str:
    try:
        return orjson.dumps(event, default=str).decode()
    except TypeError:
        # Such as text that is no Unicode: escaped, and not as fast.
        return json.dumps(event, default=str)


def configure(settings: dict) -> None:
    """Apply LOGGING; warnings of Python become records of the logger `py.warnings`."""
    logging.config.dictConfig(settings)
    logging.captureWarnings(True)
