"""The status of each error that a client can cause: one table for every endpoint."""

from django.contrib.auth.models import User
from django.db import IntegrityError
from rest_framework.exceptions import NotAuthenticated

from compute.errors import (
    InvalidDataset,
    InvalidParams,
    NoRoomForDataset,
    UnknownDataset,
    UnknownKind,
)
from compute.work import WorkNotCancellable
from learn.errors import InvalidProgress, LastSuperuser
from problems.errors import EditorialClosed, HintNotDue, InvalidSubmission, NothingToExplain
from rest.errors import Refused
from rest.limits import LimitExceeded
from rest.problems import ProblemHandler

# error: (status, pointer into the body or None)
STATUS_OF_ERROR = {
    UnknownKind: (422, "/kind"),
    InvalidParams: (422, "/params"),
    InvalidDataset: (422, "/file"),
    NoRoomForDataset: (409, None),
    # Of a job; the address of such a dataset is a 404.
    UnknownDataset: (422, "/params/dataset/id"),
    WorkNotCancellable: (409, None),
    HintNotDue: (409, None),
    InvalidSubmission: (422, ""),
    InvalidProgress: (422, ""),
    EditorialClosed: (403, None),
    NothingToExplain: (409, None),
    LastSuperuser: (409, None),
}


class Handler(ProblemHandler):
    def convert_known_exceptions(self, exc):
        exc = super().convert_known_exceptions(exc)
        if isinstance(exc, IntegrityError) and self._is_account_gone():
            return NotAuthenticated("The account was deleted while this was asked.")
        if isinstance(exc, LimitExceeded):
            return Refused(429, str(exc), headers=exc.headers)
        if type(exc) not in STATUS_OF_ERROR:
            return exc
        status, place = STATUS_OF_ERROR[type(exc)]
        problems = getattr(exc, "problems", None)
        if problems is not None:
            errors = [
                {"pointer": place + item.pointer, "code": item.code, "detail": item.detail}
                for item in problems
            ]
            return Refused(status, errors[0]["detail"], errors)
        if place is None:
            return Refused(status, str(exc))
        error = {"pointer": place, "code": _code(type(exc)), "detail": str(exc)}
        return Refused(status, str(exc), [error])

    def _is_account_gone(self) -> bool:
        """Whether who asks was deleted meanwhile; what was written for them is refused then."""
        user = self.context["request"].user
        return user.is_authenticated and not User.objects.filter(pk=user.pk).exists()


def _code(error: type) -> str:
    """UnknownKind → unknown-kind."""
    letters = (f"-{char.lower()}" if char.isupper() else char for char in error.__name__)
    return "".join(letters).lstrip("-")


def exception_handler(exc, context):
    return Handler(exc, context).run()
