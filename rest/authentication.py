"""Session cookies and tokens; missing credentials are a 401 with its challenge."""

import knox.auth
from django.utils import timezone
from rest_framework import authentication, exceptions


class TokenAuthentication(knox.auth.TokenAuthentication):
    """`Authorization: Token <key>`; tokens expire and are stored hashed."""

    def authenticate_credentials(self, token):
        if not token.isascii():
            raise exceptions.AuthenticationFailed("The token is not valid.")
        return super().authenticate_credentials(token)

    def _cleanup_token(self, auth_token) -> bool:
        """Whether a token has expired. Knox deletes it here, but a GET changes nothing."""
        return auth_token.expiry is not None and auth_token.expiry < timezone.now()


class SessionAuthentication(authentication.SessionAuthentication):
    def authenticate_header(self, request):
        # Without it DRF answers 403 to a request without credentials.
        return "Token"
