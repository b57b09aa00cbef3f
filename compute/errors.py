"""What can be wrong with a computation that was asked for."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the parameters.

    `pointer` is a JSON pointer relative to the parameters ("" is all of them, "/query/3" a row),
    `code` a short name for programs, and `detail` a sentence that says what would be right.
    """

    pointer: str
    code: str
    detail: str


class ComputeError(Exception):
    """The base of every error that a computation can raise on purpose."""


class UnknownKind(ComputeError):
    """No job kind has this name."""


class KindAlreadyRegistered(ComputeError):
    """Two job kinds claim one name."""


class KindFailed(ComputeError):
    """The computation was allowed and begun, and has no answer."""


class JobNotEnded(ComputeError):
    """Only a job that has ended is run again."""


class InvalidInput(ComputeError):
    """Something given is not allowed. `problems` holds what was found, at least one."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(" ".join(f"{p.pointer or '/'}: {p.detail}" for p in self.problems))


class InvalidParams(InvalidInput):
    """The parameters are not allowed. `problems` holds everything that was found."""


class InvalidDataset(InvalidInput):
    """The file is no dataset. Pointers are lines and columns: "/17/rating"."""


class UnknownDataset(ComputeError):
    """There is no such dataset of this owner."""


class NoRoomForDataset(ComputeError):
    """All datasets of one owner would take more room than they may."""
