from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from compute import services
from compute.api import examples
from compute.api.fields import FIELDS, Paths, asked_paths, pick
from compute.api.serializers import (
    JobSerializer,
    KindSerializer,
    ListedJobSerializer,
    NewJobSerializer,
)
from compute.api.waiting import PREFER, UUID, tag, wait_as_preferred
from compute.errors import UnknownKind
from compute.models import Job
from compute.registry import all_kinds, get_kind
from rest import idempotency
from rest.conditional import matches
from rest.filters import PAGES, check_names
from rest.limits import client_of
from rest.pagination import CursorPagination

MEDIA_TYPES = {"json": "application/json", "svg": "image/svg+xml", "png": "image/png"}


class KindViewSet(viewsets.GenericViewSet):
    """What can be computed."""

    serializer_class = KindSerializer
    filter_backends = []
    lookup_value_regex = "[a-z0-9-]+"
    lookup_field = "kind"

    @extend_schema(
        summary="List the job kinds",
        examples=[OpenApiExample("A kind", value=examples.KIND)],
    )
    def list(self, request):
        check_names(request, PAGES)
        page = self.paginate_queryset(list(all_kinds()))
        return self.get_paginated_response(KindSerializer(page, many=True).data)

    @extend_schema(
        summary="Read one job kind, with the schemas of its parameters and result",
        parameters=[OpenApiParameter("kind", str, OpenApiParameter.PATH)],
        responses=KindSerializer,
        examples=[OpenApiExample("Kind", value=examples.KIND)],
    )
    def retrieve(self, request, kind):
        check_names(request, set())
        try:
            return Response(KindSerializer(get_kind(kind)).data)
        except UnknownKind:
            raise Http404 from None


class JobViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Submit jobs, watch them, cancel them. A job is never edited."""

    serializer_class = JobSerializer
    pagination_class = CursorPagination
    queryset = Job.objects.all()
    lookup_value_regex = UUID
    filter_backends = []

    def get_queryset(self):
        if self.action == "list":
            return Job.objects.of(self.request.user).for_list()
        # Who holds the UUID of a job may read it: it cannot be guessed.
        return Job.objects.light()

    def get_serializer_class(self):
        return ListedJobSerializer if self.action == "list" else JobSerializer

    @extend_schema(
        summary="List your own jobs, newest first; empty for anonymous clients",
        description="Parameters and results that are large are null here: read the job itself.",
        examples=[OpenApiExample("A job", value=examples.JOB)],
    )
    def list(self, request):
        check_names(request, {"cursor", "page_size"})
        return super().list(request)

    @extend_schema(
        summary="Submit a job",
        description=(
            "202 with the job as it stands and `Location`; with `Prefer: wait=N`, 200 with the"
            " finished job if it ends in time. Parameters that are not allowed are a 422 with"
            " pointers, before anything is queued. An equal job that succeeded earlier is the"
            " answer at once: a kind is a pure function of its parameters."
        ),
        parameters=[PREFER, *idempotency.PARAMETERS],
        request=NewJobSerializer,
        responses={200: JobSerializer, 202: JobSerializer},
        examples=[
            OpenApiExample("Diagnostic test", value=examples.NEW_JOB, request_only=True),
            OpenApiExample(
                "Finished", value=examples.JOB, response_only=True, status_codes=["200"]
            ),
            OpenApiExample(
                "Queued", value=examples.QUEUED_JOB, response_only=True, status_codes=["202"]
            ),
        ],
    )
    def create(self, request):
        check_names(request, set())
        given = NewJobSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        owner = request.user if request.user.is_authenticated else None
        job, fields = idempotency.once(
            request,
            request.data,
            Job.objects.all(),
            lambda: services.submit_job(
                kind=given.validated_data["kind"],
                params=given.validated_data["params"],
                label=given.validated_data.get("label"),
                owner=owner,
                client="" if owner else client_of(request),
            ),
        )
        waited = wait_as_preferred(request, job)
        if waited and not job.is_ended:
            job = get_object_or_404(Job, pk=job.pk)
        status = 200 if job.is_ended else 202
        response = Response(self.get_serializer(job).data, status=status)
        response["Location"] = f"/api/v1/compute/jobs/{job.pk}/"
        for name, value in (fields | waited).items():
            response[name] = value
        return response

    @extend_schema(
        summary="Read a job",
        description="With `Prefer: wait=N`, when it has ended or after N seconds.",
        parameters=[PREFER, FIELDS],
        responses={200: JobSerializer, 304: OpenApiResponse(description="Not changed.")},
        examples=[OpenApiExample("Finished", value=examples.JOB)],
    )
    def retrieve(self, request, pk):
        check_names(request, {"fields"})
        paths = asked_paths(request)
        job = self.get_object()
        waited = wait_as_preferred(request, job)
        if waited and not job.is_ended:
            job = self.get_object()
        if matches(request.headers.get("If-None-Match", ""), self._etag(job)):
            response = Response(status=304)
        elif paths is None:
            job = get_object_or_404(Job, pk=pk)
            response = Response(self.get_serializer(job).data)
        else:
            job = Job.objects.defer(*{"params", "result"} - {path[0] for path in paths}).get(pk=pk)
            response = Response(self._parts(job, paths))
        response["ETag"] = self._etag(job)
        response["Cache-Control"] = "private, no-cache"
        for name, value in waited.items():
            response[name] = value
        return response

    @extend_schema(
        summary="Cancel a job",
        description=(
            "A queued job never runs; a running one stops within a second. 409 when it has ended."
        ),
        request=None,
        responses={202: JobSerializer},
        examples=[OpenApiExample("Cancelled", value=examples.CANCELLED_JOB, status_codes=["202"])],
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request, pk):
        check_names(request, set())
        job = self.get_object()
        # Whoever holds an anonymous job's UUID may cancel it; an owner's job only its owner.
        if job.owner_id and job.owner_id != request.user.pk and not request.user.is_staff:
            raise Http404
        return Response(self.get_serializer(services.cancel_job(job)).data, status=202)

    @extend_schema(
        summary="A chart of a finished job: its Vega-Lite specification, SVG or PNG",
        parameters=[
            OpenApiParameter("name", str, OpenApiParameter.PATH, description="As in `charts`."),
            OpenApiParameter("form", str, OpenApiParameter.PATH, enum=["json", "svg", "png"]),
        ],
        responses={
            (200, "application/json"): {"type": "object", "additionalProperties": True},
            (200, "image/svg+xml"): OpenApiTypes.STR,
            (200, "image/png"): OpenApiTypes.BINARY,
            304: OpenApiResponse(description="Not changed."),
        },
        examples=[OpenApiExample("A chart", value=examples.CHART, media_type="application/json")],
    )
    def chart(self, request, pk, name, form):
        check_names(request, set())
        job = self.get_object()
        chart = next((chart for chart in job.charts if chart.name == name), None)
        if chart is None:
            raise Http404
        etag = tag("chart", settings.RELEASE, pk, name, form)
        if matches(request.headers.get("If-None-Match", ""), etag):
            response = HttpResponse(status=304)
        else:
            drawn = services.picture(job, chart, form, key=etag)
            response = HttpResponse(drawn, content_type=MEDIA_TYPES[form])
        response["ETag"] = etag
        # A result never changes, so neither does its picture.
        response["Cache-Control"] = "private, max-age=86400, immutable"
        return response

    def _etag(self, job: Job) -> str:
        """Changes with the job, and with what a release or a reader's rights show of it."""
        own = job.is_of(self.request.user, client_of(self.request))
        progress = (job.progress_fraction, job.progress_message)
        return tag("job", settings.RELEASE, own, job.pk, job.state, job.attempt, *progress)

    def _parts(self, job: Job, paths: Paths) -> dict:
        """The parts of a job that were asked for; its result is only read for a part of it."""
        data = self.get_serializer(job, names={path[0] for path in paths}).data
        if any(path[0] == "result" and len(path) > 1 for path in paths):
            data["result"] = job.result_data
        return pick(data, paths)
