"""What can be wrong with content, as sentences."""


class ContentError(Exception):
    """The parent of all of them."""


class UnknownReference(ContentError):
    """A slug that names nothing; `slugs` are the ones that are missing."""

    def __init__(self, message: str, slugs: list[str]):
        self.slugs = slugs
        super().__init__(message)


class CannotPublish(ContentError):
    """The text of an entry does not render, or its computed example cannot be made."""


class NeedsReviewer(ContentError):
    """The author may not publish alone."""


class ExampleError(ContentError):
    """A computed example of a topic has parameters that its kind does not allow."""


class LoadFailed(ContentError):
    """Files that cannot be loaded; `lines` are sentences with file and line."""

    def __init__(self, lines: list[str]):
        self.lines = lines
        super().__init__("\n".join(lines))
