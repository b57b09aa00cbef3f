"""Signing in with a password: the one way for pages, admin and API, and how often one may try."""

from django.contrib.auth.backends import ModelBackend

from rest.limits import count_try
from rest.proxies import address_of


class CountedSignIn(ModelBackend):
    """Django's own backend, after counting the try.

    By name and address together, so that nobody locks out another; and by address alone, with a
    limit that forty learners behind one address do not reach. Raises LimitExceeded.
    """

    def authenticate(self, request, username=None, password=None, **kwargs):
        # Without a request it is a command or a test that signs in, not somebody who guesses.
        if request is not None:
            address = address_of(request)
            count_try("token_address", address)
            count_try("token", f"{(username or '').lower()} {address}")
        return super().authenticate(request, username, password, **kwargs)
