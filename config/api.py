"""The root of the API, and what answers below /api/ where nothing else does."""

from django.views import defaults
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from rest.filters import check_names
from rest.problems import problem, problem_response

COLLECTIONS = [
    *("case-studies", "companies", "techniques", "study-plans", "topics", "problems", "search"),
    *("compute/kinds", "compute/jobs", "auth/token", "me"),
]


class RootSerializer(serializers.Serializer):
    collections = serializers.DictField(child=serializers.CharField())
    features = serializers.DictField(child=serializers.BooleanField())
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
                    "features": {"judge": False, "explanations": False},
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
                "features": {"judge": False, "explanations": False},
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
    """What fails outside of any view: JSON below /api/, a page elsewhere."""
    if request.path.startswith("/api/"):
        return problem_response(problem(500, "The server failed; it has been logged."))
    return defaults.server_error(request)
