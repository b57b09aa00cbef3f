"""A learner's progress: read as a whole, set topic by topic."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from kb.api.views import SLUG_PARAMETER
from kb.models import Topic
from learn import progress
from learn.models import CheckAnswer
from learn.next_steps import STATES
from problems.models import Problem, Status
from rest.filters import check_names
from rest.serializers import NumberField, StrictSerializer, TextField, TrueOrFalse

READING = {
    "slug": "bayesian-inference",
    "title": "Bayesian inference",
    "url": "/topics/bayesian-inference/",
    "state": "reading",
    "sections_read": ["a-question-first", "four-words"],
    "sections": 11,
    "questions": {"right": 1, "answered": 2, "total": 8},
    "done_at": None,
}
STANDING = READING | {
    "answers": [
        {"question": "q-57322959cb", "correct": False},
        {"question": "q-2237305b3b", "correct": True},
    ]
}
PROGRESS = {
    "plans": [
        {
            "slug": "foundations",
            "title": "Foundations",
            "url": "/plans/foundations/",
            "done": 0,
            "total": 1,
            "chapters": [
                {
                    "slug": "probability-statistics",
                    "title": "Probability & statistics",
                    "done": 0,
                    "total": 1,
                }
            ],
        }
    ],
    "topics": [READING],
    "problems": {
        "solved": ["softmax"],
        "attempted": ["bayes-diagnostic-test"],
        "total": 5,
        "items": [
            {
                "slug": "bayes-diagnostic-test",
                "title": "Bayes’ Theorem: Diagnostic Test",
                "url": "/problems/bayes-diagnostic-test/",
                "difficulty": "easy",
                "status": "attempted",
                "attempts": 2,
                "last_at": "2026-11-24T09:00:00Z",
                "solved_at": None,
                "hints_revealed": 1,
                "hint_count": 4,
                "gave_up": False,
            }
        ],
    },
    "next": [
        {
            "type": "topic",
            "slug": "bayesian-inference",
            "title": "Bayesian inference",
            "url": "/topics/bayesian-inference/",
            "reason": "You have read 2 of 11 sections.",
        }
    ],
}
ANSWER = {"question": "q-2237305b3b", "correct": True, "seconds": 42.5}
KEPT_ANSWER = ANSWER | {
    "topic": "bayesian-inference",
    "topic_version": 1,
    "at": "2026-11-24T09:00:00Z",
}


class ChapterProgressSerializer(serializers.Serializer):
    slug = serializers.CharField()
    title = serializers.CharField()
    done = serializers.IntegerField()
    total = serializers.IntegerField(help_text="Its published topics; planned ones do not count.")


class PlanProgressSerializer(ChapterProgressSerializer):
    url = serializers.CharField()
    chapters = ChapterProgressSerializer(many=True)


class QuestionsProgressSerializer(serializers.Serializer):
    right = serializers.IntegerField(help_text="Of those answered, by the last answer to each.")
    answered = serializers.IntegerField()
    total = serializers.IntegerField()


class TopicProgressSerializer(serializers.Serializer):
    slug = serializers.CharField()
    title = serializers.CharField()
    url = serializers.CharField()
    state = serializers.ChoiceField(STATES)
    sections_read = serializers.ListField(
        child=serializers.CharField(), help_text="Their keys, in the order of the text."
    )
    sections = serializers.IntegerField(help_text="How many there are.")
    questions = QuestionsProgressSerializer()
    done_at = serializers.DateTimeField(allow_null=True)


class LastAnswerSerializer(serializers.Serializer):
    question = serializers.CharField()
    correct = serializers.BooleanField()


class TopicStandingSerializer(TopicProgressSerializer):
    answers = LastAnswerSerializer(many=True, help_text="The last to each question, in order.")


class ProblemProgressSerializer(serializers.Serializer):
    slug = serializers.CharField()
    title = serializers.CharField()
    url = serializers.CharField()
    difficulty = serializers.ChoiceField(Problem.Difficulty.choices)
    status = serializers.ChoiceField(Status.choices)
    attempts = serializers.IntegerField(help_text="Judged on all tests.")
    last_at = serializers.DateTimeField(allow_null=True, help_text="Of these, the last.")
    solved_at = serializers.DateTimeField(allow_null=True, help_text="The first accepted.")
    hints_revealed = serializers.IntegerField()
    hint_count = serializers.IntegerField()
    gave_up = serializers.BooleanField()


class ProblemsProgressSerializer(serializers.Serializer):
    solved = serializers.SerializerMethodField()
    attempted = serializers.SerializerMethodField(help_text="Tried, and not solved.")
    total = serializers.SerializerMethodField(help_text="How many are published.")
    items = ProblemProgressSerializer(
        many=True, source="tried", help_text="Those that you tried, took a hint of or gave up."
    )

    def get_solved(self, progress) -> list[str]:
        return [problem.slug for problem in progress.solved]

    def get_attempted(self, progress) -> list[str]:
        return [problem.slug for problem in progress.attempted]

    def get_total(self, progress) -> int:
        return len(progress.problems)


class NextStepSerializer(serializers.Serializer):
    type = serializers.ChoiceField(["topic", "problem", "case-study"])
    slug = serializers.CharField()
    title = serializers.CharField()
    url = serializers.CharField()
    reason = serializers.CharField(help_text="A sentence.")


class LearnerProgressSerializer(serializers.Serializer):
    plans = PlanProgressSerializer(many=True)
    topics = TopicProgressSerializer(many=True)
    problems = ProblemsProgressSerializer(source="*")
    next = NextStepSerializer(many=True)


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class SectionKeysField(serializers.Field):
    """A list of texts; the service says which of them are no sections."""

    default_error_messages = {"invalid": "Send a list of the keys of sections, as strings."}

    def to_internal_value(self, data):
        if not isinstance(data, list) or not all(isinstance(key, str) for key in data):
            self.fail("invalid")
        return data


class NewTopicProgressSerializer(StrictSerializer):
    """What is left out stays as it is."""

    sections_read = SectionKeysField(
        required=False, help_text="All that are read: keys of the topic's sections, in any order."
    )
    sections_added = SectionKeysField(
        required=False,
        help_text="Read beside those that were; not together with `sections_read`.",
    )
    done = TrueOrFalse(required=False)


class NewCheckAnswerSerializer(StrictSerializer):
    question = TextField(max_length=40, help_text="The key of a question of this topic.")
    correct = TrueOrFalse(help_text="Whether your answer was right, as you say.")
    seconds = NumberField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=progress.LONGEST_ANSWER,
        error_messages=dict.fromkeys(("min_value", "max_value"), progress.WRONG_SECONDS),
        help_text="From seeing the question to its answer.",
    )


class CheckAnswerSerializer(serializers.ModelSerializer):
    topic = serializers.CharField(source="topic.slug")

    class Meta:
        model = CheckAnswer
        fields = ["topic", "topic_version", "question", "correct", "seconds", "at"]


class ProgressView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        summary="How far you have come, and what to do next",
        description=(
            "Every published plan and topic is there, in the order of the catalogue. What to do"
            " next is at most six things of mixed types, the first ones first: what was begun,"
            " then what practises or builds on what was read. Empty when there is nothing left."
        ),
        responses=LearnerProgressSerializer,
        examples=[OpenApiExample("Progress", value=PROGRESS)],
    )
    def get(self, request):
        check_names(request, set())
        return Response(LearnerProgressSerializer(progress.progress_of(request.user)).data)


class TopicView(APIView):
    """How far one has come with one topic; none but published ones are here."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        summary="How far you have come with a topic",
        parameters=[SLUG_PARAMETER],
        responses=TopicStandingSerializer,
        examples=[OpenApiExample("Reading", value=STANDING)],
    )
    def get(self, request, slug):
        check_names(request, set())
        return Response(standing(request.user, published_topic(slug)))

    @extend_schema(
        summary="Set what you have read of a topic",
        description=(
            "`sections_read` takes the place of what was there; `sections_added` takes nothing off"
            " it, whoever else reads at the same time, and with the last section the topic is done,"
            " unless you say otherwise. `done` may be set and taken back, whatever was read. What"
            " is left out stays as it is: with an empty body, or none, everything. Twice is the"
            " same as once."
        ),
        parameters=[SLUG_PARAMETER],
        request=NewTopicProgressSerializer,
        responses=TopicStandingSerializer,
        examples=[
            OpenApiExample(
                "Two sections",
                value={"sections_read": READING["sections_read"], "done": False},
                request_only=True,
            ),
            OpenApiExample(
                "One section more",
                value={"sections_added": READING["sections_read"][1:]},
                request_only=True,
            ),
            OpenApiExample("Reading", value=STANDING, response_only=True),
        ],
    )
    def put(self, request, slug):
        check_names(request, set())
        topic, given = published_topic(slug), NewTopicProgressSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        progress.put_topic(request.user, topic, **given.validated_data)
        return Response(standing(request.user, topic))


class AnswersView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        summary="Answer a question of a topic",
        description=(
            "Every answer is kept, with the topic's version; the last to a question counts. Counted"
            " by the hour."
        ),
        parameters=[SLUG_PARAMETER],
        request=NewCheckAnswerSerializer,
        responses={201: CheckAnswerSerializer},
        examples=[
            OpenApiExample("A right answer", value=ANSWER, request_only=True),
            OpenApiExample("Kept", value=KEPT_ANSWER, response_only=True, status_codes=["201"]),
        ],
    )
    def post(self, request, slug):
        check_names(request, set())
        topic, given = published_topic(slug), NewCheckAnswerSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        answer, fields = progress.answer_question(request.user, topic, **given.validated_data)
        return Response(CheckAnswerSerializer(answer).data, status=201, headers=fields)


def published_topic(slug: str) -> Topic:
    return get_object_or_404(Topic.objects.published().defer("body"), slug=slug)


def standing(user, topic: Topic) -> dict:
    found = progress.standing_with(user, topic)
    answers = [{"question": key, "correct": right} for key, right in found.answers.items()]
    return TopicProgressSerializer(found.topic).data | {"answers": answers}
