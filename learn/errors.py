"""What can go wrong with an account, and with what is kept of a learner."""

from compute.errors import InvalidInput


class LastSuperuser(Exception):
    """Without these accounts nobody could give rights to anybody."""


class InvalidProgress(InvalidInput):
    """A section or a question that a topic does not have, or a time that is none."""
