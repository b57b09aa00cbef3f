"""Errors as problem details (RFC 9457): what went wrong, where, and what would be right."""

from http import HTTPStatus

from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse
from drf_standardized_errors.formatter import flatten_errors
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import exceptions

from rest.errors import Refused
from rest.json import JSONRenderer
from rest.pointers import pointer

MEDIA_TYPE = "application/problem+json"


def problem(status: int, detail: str, errors: list[dict] | None = None) -> dict:
    """The body of an error answer."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": errors or [],
    }


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
        return exc

    def format_exception(self, exc):
        if exc.status_code >= 500:
            return problem(exc.status_code, "The server failed; it has been logged.")
        detail = exc.detail if isinstance(exc.detail, str) else str(exc)
        return problem(exc.status_code, str(detail), getattr(exc, "errors", None))

    def get_response(self, exc, data):
        return problem_response(data, self.get_headers(exc) | getattr(exc, "headers", {}))


def _located(error) -> dict:
    place = error.attr or ""
    parts = [] if place in ("", "non_field_errors") else place.split(".")
    return {"pointer": pointer(*parts), "code": error.code, "detail": error.detail}
