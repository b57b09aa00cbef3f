"""Accounts: tokens, and who one is."""

from django.contrib.auth import authenticate, logout
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from learn.accounts import LONGEST_EMAIL, make_token
from learn.deletion import delete_account
from rest.authentication import TokenAuthentication
from rest.filters import check_names
from rest.serializers import TextField


class CredentialsSerializer(serializers.Serializer):
    username = TextField(max_length=LONGEST_EMAIL, help_text="Or the e-mail address.")
    password = TextField(max_length=1000)


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField()
    expires_at = serializers.DateTimeField()


class AccountSerializer(serializers.Serializer):
    username = serializers.CharField()
    is_staff = serializers.BooleanField()
    joined_at = serializers.DateTimeField(source="date_joined")


class TokenView(APIView):
    """`Authorization: Token <key>` on every request stands for its owner until it expires."""

    def get_authenticators(self):
        # A sign-in needs no credentials; a stale cookie or token must not stand in its way.
        return [TokenAuthentication()] if self.request and self.request.method != "POST" else []

    def get_authenticate_header(self, request):
        # DRF asks the first authenticator, and a sign-in has none: it would answer 403.
        return "Token"

    @extend_schema(
        summary="Sign in: get a token",
        request=CredentialsSerializer,
        responses={200: TokenSerializer},
        auth=[],
        examples=[
            OpenApiExample(
                "Credentials", value={"username": "ada", "password": "…"}, request_only=True
            ),
            OpenApiExample(
                "Token",
                value={"token": "3f2a…", "expires_at": "2027-02-22T09:00:00Z"},
                response_only=True,
            ),
        ],
    )
    def post(self, request):
        check_names(request, set())
        given = CredentialsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        user = authenticate(request, **given.validated_data)
        if user is None:
            raise exceptions.AuthenticationFailed("The user name or the password is not right.")
        token, key = make_token(user)
        return Response(TokenSerializer({"token": key, "expires_at": token.expiry}).data)

    @extend_schema(
        summary="Sign out: revoke the token that this request is sent with",
        request=None,
        responses={204: OpenApiResponse(description="The token no longer works.")},
        auth=[{"token": []}],
    )
    def delete(self, request):
        check_names(request, set())
        if not request.auth:
            raise exceptions.NotAuthenticated("Send the token that is to be revoked.")
        request.auth.delete()
        return Response(status=204)


class MeView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        summary="Your account",
        responses=AccountSerializer,
        examples=[
            OpenApiExample(
                "Account",
                value={"username": "ada", "is_staff": False, "joined_at": "2026-11-24T09:00:00Z"},
            )
        ],
    )
    def get(self, request):
        check_names(request, set())
        return Response(AccountSerializer(request.user).data)

    @extend_schema(
        summary="Delete your account, and everything that is yours",
        description=(
            "At once and for good: sessions, tokens, progress, submissions, datasets, and whatever"
            " has not ended. Jobs that succeeded stay without your name and label, as do what you"
            " published and the admin's log. 409 for the last superuser."
        ),
        request=None,
        responses={204: OpenApiResponse(description="There is no such account any more.")},
    )
    def delete(self, request):
        check_names(request, set())
        delete_account(request.user)
        if not request.auth:
            # It came with a session, of which only the cookie is left.
            logout(request._request)
        return Response(status=204)
