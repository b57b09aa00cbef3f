"""Session cookies and tokens; missing credentials are a 401 with its challenge."""

import knox.auth
from rest_framework import authentication


class TokenAuthentication(knox.auth.TokenAuthentication):
    """`Authorization: Token <key>`; tokens expire and are stored hashed."""


class SessionAuthentication(authentication.SessionAuthentication):
    def authenticate_header(self, request):
        # Without it DRF answers 403 to a request without credentials.
        return "Token"
