"""What can go wrong between a learner and a problem."""

from compute.errors import InvalidInput


class HintNotDue(Exception):
    """A hint was asked for before the one ahead of it."""


class InvalidSubmission(InvalidInput):
    """The code or the arguments of a submission are not allowed."""


class EditorialClosed(Exception):
    """The editorial opens once the problem is solved or given up."""


class NothingToExplain(Exception):
    """An explanation is of a submission that was judged and not accepted."""


class NoTests(Exception):
    """A version of a problem has no tests, and none can be made: a fault of the site."""
