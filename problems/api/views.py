from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from kb.api.filters import TechniquesFilter
from kb.api.views import (
    SLUG_PARAMETER,
    EntryViewSet,
    described,
    described_markdown,
    searched_for,
)
from kb.cards import Cards
from kb.models import Topic
from problems import services, submissions
from problems.api import examples
from problems.api.serializers import (
    EditorialSerializer,
    HintSerializer,
    ProblemItemSerializer,
    ProblemSerializer,
)
from problems.api.submissions import (
    NewRunSerializer,
    NewSubmissionSerializer,
    begin,
    described_submit,
)
from problems.models import Problem, Status, Submission
from problems.text import learner_markdown
from rest.filters import PAGES, ChoicesFilter, SlugsFilter

REFUSED = {"$ref": "#/components/schemas/ProblemDetails"}


class StatusFilter(ChoicesFilter):
    """What one has come to with a problem; a stranger is asked to sign in."""

    def filter(self, queryset, value):
        if value and not self.parent.request.user.is_authenticated:
            raise exceptions.NotAuthenticated("Sign in to find problems by your own status.")
        return super().filter(queryset, value)


class ProblemFilter(TechniquesFilter):
    difficulty = ChoicesFilter(choices=Problem.Difficulty.values, help_text="Comma-separated.")
    topic = SlugsFilter(
        field_name="home_topic",
        name="topic",
        entries=Topic.objects.published,
        help_text="Home topics: slugs, comma-separated.",
    )
    status = StatusFilter(choices=Status.values, help_text="Your own, signed in: comma-separated.")


@described("problem", "problems", examples.PROBLEM_ITEM, examples.PROBLEM)
class ProblemViewSet(EntryViewSet):
    serializer_class = ProblemSerializer
    item_serializer_class = ProblemItemSerializer
    filterset_class = ProblemFilter
    ordering_fields = {"title": "title", "position": "position"}
    search_with = searched_for("problem")
    query_names = {"hints": PAGES}
    queryset = Problem.objects.select_related("home_topic").prefetch_related(
        Prefetch("topics", Topic.objects.resolvable().only("slug", "state"))
    )

    def get_queryset(self):
        queryset = super().get_queryset()
        if self.action == "list":
            queryset = queryset.only(
                *("slug", "title", "summary", "difficulty", "state", "draft_of", "position"),
                *("acceptance_rate", "home_topic__slug"),
            )
        if self.action in ("list", "retrieve") and self.request.user.is_authenticated:
            return queryset.with_status(self.request.user)
        return queryset

    @described_markdown("problem, as a learner may see it,", examples.PROBLEM_TEXT)
    def markdown(self, request, slug):
        problem, cards = self.get_object(), Cards()
        techniques = [card.slug for card in cards.techniques_of(problem.TYPE, slug)]
        cases = [card.slug for card in cards.cases_of(problem.TYPE, slug)]
        text = cards.linked(learner_markdown(problem, techniques, cases))
        return HttpResponse(text, content_type="text/markdown; charset=utf-8")

    @extend_schema(
        summary="List the hints that you have revealed",
        parameters=[SLUG_PARAMETER],
        responses=HintSerializer(many=True),
        examples=[OpenApiExample("A hint", value=examples.HINT)],
    )
    @action(detail=True, permission_classes=[IsAuthenticated], filter_backends=[])
    def hints(self, request, slug):
        problem = self.get_object()
        numbers = self.paginate_queryset(services.revealed_hints(request.user, problem))
        return self.get_paginated_response([_hint(problem, number) for number in numbers])

    @extend_schema(
        summary="Reveal a hint",
        description="Due once the one before it is revealed, else 409. Revealing twice is one.",
        parameters=[
            SLUG_PARAMETER,
            OpenApiParameter(
                "number", {"type": "integer", "minimum": 1, "maximum": 99}, OpenApiParameter.PATH
            ),
        ],
        request=None,
        responses=HintSerializer,
        examples=[OpenApiExample("A hint", value=examples.HINT)],
    )
    @action(
        detail=True,
        methods=["post"],
        url_path=r"hints/(?P<number>[1-9][0-9]?)/reveal",
        permission_classes=[IsAuthenticated],
    )
    def reveal(self, request, slug, number):
        problem, number = self.get_object(), int(number)
        if number > len(problem.hints):
            raise Http404
        services.reveal_hint(request.user, problem, number)
        return Response(_hint(problem, number))

    @described_submit(
        "Try code on the visible tests, or on a call of your own",
        "A submission with `mode: run`, which counts for nothing.",
        NewRunSerializer,
        examples.NEW_RUN,
    )
    @action(detail=True, methods=["post"], permission_classes=[IsAuthenticated])
    def run(self, request, slug):
        return self._begin(request, Submission.Mode.RUN, NewRunSerializer)

    @described_submit(
        "Submit code to be judged on all tests",
        "The verdict is that of the first test that is not passed.",
        NewSubmissionSerializer,
        examples.NEW_SUBMISSION,
    )
    @action(detail=True, methods=["post"], permission_classes=[IsAuthenticated])
    def submissions(self, request, slug):
        return self._begin(request, Submission.Mode.SUBMIT, NewSubmissionSerializer)

    def _begin(self, request, mode, serializer_class):
        problem, given = self.get_object(), serializer_class(data=request.data)
        given.is_valid(raise_exception=True)
        return begin(request, problem, mode, given.validated_data)

    @extend_schema(
        summary="Give up: open the editorial",
        description="Recorded once, and for good. The problem can still be solved.",
        parameters=[SLUG_PARAMETER],
        request=None,
        responses=EditorialSerializer,
        examples=[OpenApiExample("The editorial", value=examples.EDITORIAL)],
    )
    @action(detail=True, methods=["post"], url_path="give-up", permission_classes=[IsAuthenticated])
    def give_up(self, request, slug):
        problem = self.get_object()
        submissions.give_up(request.user, problem)
        return Response(_editorial(problem))

    @extend_schema(
        summary="Read the editorial: why it works, what it costs, another way",
        description="403 until you have solved the problem or given up.",
        parameters=[SLUG_PARAMETER],
        responses={200: EditorialSerializer, (403, "application/problem+json"): REFUSED},
        examples=[OpenApiExample("The editorial", value=examples.EDITORIAL)],
    )
    @action(detail=True, permission_classes=[IsAuthenticated])
    def editorial(self, request, slug):
        problem = self.get_object()
        submissions.check_editorial(request.user, problem)
        return Response(_editorial(problem))


def _editorial(problem: Problem) -> dict:
    return {
        "markdown": Cards().linked(problem.editorial),
        "html": problem.rendered["editorial_html"],
    }


def _hint(problem: Problem, number: int) -> dict:
    return {
        "number": number,
        "markdown": Cards().linked(problem.hints[number - 1]),
        "html": problem.rendered["hints"][number - 1],
    }
