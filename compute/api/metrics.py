"""GET /metrics: the figures of this site for Prometheus, for staff or by the operator's token."""

import hmac

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from rest_framework import authentication, exceptions, permissions
from rest_framework.views import APIView

from compute import metrics
from rest.authentication import SessionAuthentication, TokenAuthentication
from rest.negotiation import OneForm

SCRAPER = "metrics"


class ScraperAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer <METRICS_TOKEN>`."""

    def authenticate(self, request):
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        wanted = settings.METRICS_TOKEN
        if not wanted or not hmac.compare_digest(_bytes(given.strip()), _bytes(wanted)):
            raise exceptions.AuthenticationFailed("The token is not the site's METRICS_TOKEN.")
        return AnonymousUser(), SCRAPER

    def authenticate_header(self, request):
        return "Bearer"


class MayReadMetrics(permissions.BasePermission):
    message = "Only staff read the figures of this site."

    def has_permission(self, request, view):
        return request.auth == SCRAPER or request.user.is_staff


class MetricsView(APIView):
    schema = None
    http_method_names = ["get", "head"]
    authentication_classes = [ScraperAuthentication, TokenAuthentication, SessionAuthentication]
    permission_classes = [MayReadMetrics]
    content_negotiation_class = OneForm

    def get(self, request):
        return HttpResponse(metrics.text(), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
