"""What can be wrong with content, as sentences."""

from collections.abc import Sequence

from kb.fields import Fault


class ContentError(Exception):
    """The parent of all of them."""


class UnknownReference(ContentError):
    """A slug that names nothing; `slugs` are the ones that are missing."""

    def __init__(self, message: str, slugs: list[str]):
        self.slugs = slugs
        super().__init__(message)


class CannotPublish(ContentError):
    """An entry makes no document, does not render, or may not be published now.

    `faults` say where in the document, as far as that is known.
    """

    def __init__(self, message: str, faults: Sequence[Fault] = ()):
        self.faults = faults or [Fault((), 1, line) for line in message.split("\n")]
        super().__init__(message)


class CannotWithdraw(ContentError):
    """Published entries stand on this one, or a draft beside it would be left over."""


class NeedsReviewer(ContentError):
    """The author may not publish alone."""


class ExampleError(ContentError):
    """A computed example that its kind or its figure does not allow; which one of its topic."""

    def __init__(self, message: str, index: int):
        self.index = index
        super().__init__(message)


class LoadFailed(ContentError):
    """Files that cannot be loaded; `lines` are sentences with file and line."""

    def __init__(self, lines: list[str]):
        self.lines = lines
        super().__init__("\n".join(lines))
