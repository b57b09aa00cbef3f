"""Refusals that any door of the API can give."""

from rest_framework import exceptions

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

    def __init__(
        self,
        status: int,
        detail: str,
        errors: list[dict] | None = None,
        headers: dict[str, str] | None = None,
    ):
        self.status_code = status
        self.errors = errors or []
        self.headers = headers or {}
        super().__init__(detail)
