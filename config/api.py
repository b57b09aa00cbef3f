"""The root of the API, and what answers below /api/ where nothing else does."""

import sys

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.views import defaults
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from rest.filters import check_names
from rest.problems import AWAY, DATABASE_AWAY, TRY_AGAIN, problem, problem_response

COLLECTIONS = [
    *("case-studies", "companies", "techniques", "claims", "quantities", "components", "units"),
    *("study-plans", "topics", "problems", "digest", "search"),
    *("submissions", "compute/kinds", "compute/jobs", "compute/datasets", "auth/token", "me"),
    *("me/progress", "me/log"),
]
DOCUMENTATION = {"reference": "/api/docs/", "schema": "/api/schema/", "jobs": "/guide/jobs/"}


class RootSerializer(serializers.Serializer):
    collections = serializers.DictField(child=serializers.CharField())
    features = serializers.DictField(child=serializers.BooleanField())
    documentation = serializers.DictField(child=serializers.CharField())
    license = serializers.CharField()


class RootView(APIView):
    @extend_schema(
        summary="The collections, and what this site offers",
        responses=RootSerializer,
        examples=[
            OpenApiExample(
                "Root",
                value={
                    "collections": {"topics": "/api/v1/topics/"},
                    "features": {"judge": True, "explanations": False},
                    "documentation": DOCUMENTATION,
                    "license": "CC BY 4.0",
                },
            )
        ],
    )
    def get(self, request):
        check_names(request, set())
        return Response(
            {
                "collections": {name: f"/api/v1/{name}/" for name in COLLECTIONS},
                "features": settings.FEATURES,
                "documentation": DOCUMENTATION,
                "license": "CC BY 4.0",
            }
        )


class NothingHereView(APIView):
    """Every unknown path below /api/, for every method."""

    schema = None
    authentication_classes = []

    def initial(self, request, *args, **kwargs):
        raise exceptions.NotFound(f"There is nothing at {request.path[:200]}.")

    def get(self, request, *args, **kwargs):
        """Never reached: `initial` answers."""


def bad_request(request, exception):
    """What Django refuses before any view: JSON below /api/, a page elsewhere."""
    if request.path.startswith("/api/"):
        return problem_response(problem(400, "The request is not one that this server reads."))
    return defaults.bad_request(request, exception)


def server_error(request):
    """What fails outside of any API view: JSON below /api/, a page elsewhere."""
    if isinstance(sys.exc_info()[1], DATABASE_AWAY):
        if request.path.startswith("/api/"):
            return problem_response(problem(503, AWAY), TRY_AGAIN)
        # Rendered without the request: who asks is in the database, too.
        return HttpResponse(render_to_string("503.html"), status=503, headers=TRY_AGAIN)
    if request.path.startswith("/api/"):
        return problem_response(problem(500, "The server failed; it has been logged."))
    return defaults.server_error(request)
