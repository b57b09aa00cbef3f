"""What can go wrong between a learner and a problem."""


class HintNotDue(Exception):
    """A hint was asked for before the one ahead of it."""
