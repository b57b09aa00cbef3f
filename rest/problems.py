"""Errors as problem details (RFC 9457): what went wrong, where, and what would be right."""

from http import HTTPStatus

from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from drf_standardized_errors.formatter import flatten_errors
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import exceptions

from rest.access import current_request_id
from rest.errors import Refused
from rest.json import JSONRenderer
from rest.pointers import pointer

MEDIA_TYPE = "application/problem+json"
# Python 3.13 renames these two; an answer does not depend on what it is served by.
TITLES = {413: "Request Entity Too Large", 422: "Unprocessable Entity"}

# It is stopped, being started, or was locked for longer than we wait.
DATABASE_AWAY = (OperationalError, InterfaceError)
AWAY = "The database does not answer at the moment; try again in a few seconds."
TRY_AGAIN = {"Retry-After": "5"}


def problem(status: int, detail: str, errors: list[dict] | None = None) -> dict:
    """The body of an error answer; where the server is at fault, with what its log calls it."""
    body = {
        "type": "about:blank",
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": errors or [],
    }
    return body | {"request_id": current_request_id()} if status >= 500 else body


def problem_response(body: dict, headers: dict[str, str] | None = None) -> HttpResponse:
    """An error answer; always JSON, whatever was to be rendered."""
    return HttpResponse(
        JSONRenderer().render(body),
        content_type=MEDIA_TYPE,
        status=body["status"],
        headers=headers,
    )


class ProblemHandler(ExceptionHandler):
    """Every exception of an API view as a problem. Domain errors are converted by config."""

    def convert_known_exceptions(self, exc):
        exc = super().convert_known_exceptions(exc)
        if isinstance(exc, exceptions.ValidationError):
            # The body was JSON; what it says is not allowed.
            errors = [_located(error) for error in flatten_errors(exc.detail)]
            return Refused(422, " ".join(error["detail"] for error in errors), errors)
        if isinstance(exc, SuspiciousOperation):
            # Such as a thousand query parameters: refused by Django before any view reads them.
            return Refused(400, "The request is not one that this server reads.")
        if isinstance(exc, DATABASE_AWAY):
            return Refused(503, AWAY, headers=TRY_AGAIN)
        return exc

    def format_exception(self, exc):
        if exc.status_code >= 500 and not isinstance(exc, Refused):
            return problem(exc.status_code, "The server failed; it has been logged.")
        detail = exc.detail if isinstance(exc.detail, str) else str(exc)
        return problem(exc.status_code, str(detail), getattr(exc, "errors", None))

    def get_response(self, exc, data):
        return problem_response(data, self.get_headers(exc) | getattr(exc, "headers", {}))


def _located(error) -> dict:
    place = error.attr or ""
    parts = [] if place in ("", "non_field_errors") else place.split(".")
    return {"pointer": pointer(*parts), "code": error.code, "detail": error.detail}
