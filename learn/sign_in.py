"""Signing in with a password: the one way for pages, admin and API, and how often one may try."""

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User

from learn.accounts import MOST_OWNERS, accounts_of
from rest.limits import count_try, give_try_back
from rest.proxies import address_of


class CountedSignIn(ModelBackend):
    """Django's own backend, by user name or e-mail address, after counting the try.

    By name and address together, so that nobody locks out another; and by address alone, with a
    limit that forty learners behind one address do not reach. Raises LimitExceeded. Whoever gets
    in is given this one try back, so that no account of one's own pays for guesses.
    """

    def authenticate(self, request, username=None, password=None, **kwargs):
        # Without a request it is a command or a test that signs in, not somebody who guesses.
        if request is None:
            return self._whoever_fits(username, password)
        address = address_of(request)
        tries = {"token_address": address, "token": f"{(username or '').casefold()} {address}"}
        for name, key in tries.items():
            count_try(name, key)
        user = self._whoever_fits(username, password)
        if user:
            for name, key in tries.items():
                give_try_back(name, key)
        return user

    def _whoever_fits(self, login: str | None, password: str | None) -> User | None:
        """The first account that the login may mean and that has this password.

        It takes as long whether nobody, one or several have the name or the address: as many
        passwords are hashed, also after one fits.
        """
        if login is None or password is None:
            return None
        users = accounts_of(login)
        fitting = [user for user in users if user.check_password(password)]
        for _ in range(len(users), MOST_OWNERS if "@" in login else 1):
            make_password(password)
        return next((user for user in fitting if self.user_can_authenticate(user)), None)
