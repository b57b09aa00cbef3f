"""Signing in with a password: the one way for pages, admin and API, and how often one may try."""

from django.contrib.auth.backends import ModelBackend

from learn.accounts import account_of
from rest.limits import count_try
from rest.proxies import address_of


class CountedSignIn(ModelBackend):
    """Django's own backend, by user name or e-mail address, after counting the try.

    By name and address together, so that nobody locks out another; and by address alone, with a
    limit that forty learners behind one address do not reach. Raises LimitExceeded.

    A name that nobody has takes as long as one that somebody has: one password is hashed.
    """

    def authenticate(self, request, username=None, password=None, **kwargs):
        # Without a request it is a command or a test that signs in, not somebody who guesses.
        if request is not None:
            address = address_of(request)
            count_try("token_address", address)
            count_try("token", f"{(username or '').casefold()} {address}")
        found = account_of(username) if username else None
        name = found.get_username() if found else username
        return super().authenticate(request, username=name, password=password, **kwargs)
