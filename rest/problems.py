"""Errors as problem details (RFC 9457): what went wrong, where, and what would be right."""

from http import HTTPStatus

from django.http import HttpResponse
from drf_standardized_errors.formatter import flatten_errors
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import exceptions
from rest_framework.response import Response

from rest.json import JSONRenderer

MEDIA_TYPE = "application/problem+json"
QUERY_ERROR = "invalid-query"


class QueryError(exceptions.APIException):
    """A query parameter that is unknown or has a value that it cannot have."""

    status_code = 400
    default_code = QUERY_ERROR

    def __init__(self, name: str, detail: str):
        self.errors = [{"pointer": f"?{name}", "code": QUERY_ERROR, "detail": detail}]
        super().__init__(detail)


class Refused(exceptions.APIException):
    """Well-formed and not allowed: the answer to a domain error, with its places in the body."""

    def __init__(self, status: int, detail: str, errors: list[dict] | None = None):
        self.status_code = status
        self.errors = errors or []
        super().__init__(detail)


def problem(status: int, detail: str, errors: list[dict] | None = None) -> dict:
    """The body of an error answer."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": errors or [],
    }


def problem_response(status: int, detail: str) -> HttpResponse:
    """An error answer from outside a view, such as for an unknown path."""
    return HttpResponse(
        JSONRenderer().render(problem(status, detail)), content_type=MEDIA_TYPE, status=status
    )


class ProblemHandler(ExceptionHandler):
    """Every exception of an API view as a problem. Domain errors are converted by config."""

    def convert_known_exceptions(self, exc):
        exc = super().convert_known_exceptions(exc)
        if isinstance(exc, exceptions.ValidationError):
            # The body was JSON; what it says is not allowed.
            errors = [_located(error) for error in flatten_errors(exc.detail)]
            return Refused(422, " ".join(error["detail"] for error in errors), errors)
        return exc

    def format_exception(self, exc):
        if exc.status_code >= 500:
            return problem(exc.status_code, "The server failed; it has been logged.")
        detail = exc.detail if isinstance(exc.detail, str) else str(exc)
        return problem(exc.status_code, str(detail), getattr(exc, "errors", None))

    def get_response(self, exc, data):
        response = Response(
            data, status=exc.status_code, headers=self.get_headers(exc), content_type=MEDIA_TYPE
        )
        for name, value in getattr(exc, "headers", {}).items():
            response[name] = value
        return response


def _located(error) -> dict:
    place = error.attr or ""
    parts = [] if place in ("", "non_field_errors") else place.split(".")
    pointer = "".join(f"/{part}" for part in parts)
    return {"pointer": pointer, "code": error.code, "detail": error.detail}
