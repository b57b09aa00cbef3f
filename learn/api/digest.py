"""The digest of each day: today's, any past one, all of them, and as a feed."""

import datetime
import re
from collections.abc import Callable

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers, viewsets
from rest_framework.response import Response

from kb.case_data import LICENSE
from learn import digest, feed
from learn.converters import DayConverter
from problems.models import Problem
from rest.filters import PAGES, check_names

DAY_PARAMETER = OpenApiParameter("date", OpenApiTypes.DATE, OpenApiParameter.PATH)
EXAMPLE = {
    "date": "2026-11-24",
    "introduction": "Nine positive tests in ten can be wrong, and the algebra fits on a line.",
    "topic": {
        "slug": "bayesian-inference",
        "title": "Bayesian inference",
        "text": "A test that finds nine cases in ten has just come back positive. …",
        "formula_html": '<math alttext="p(\\theta \\mid D) = …" display="block">…</math>',
        "url": "/topics/bayesian-inference/",
        "replaced": False,
    },
    "problem": {
        "slug": "bayes-diagnostic-test",
        "title": "Bayes’ Theorem: Diagnostic Test",
        "difficulty": "easy",
        "text": "A test that is right nine times out of ten says yes, and yet the disease is …",
        "url": "/problems/bayes-diagnostic-test/",
        "replaced": False,
    },
    "case_study": {
        "slug": "stripe-radar-fraud",
        "title": "Fraud in every payment",
        "company": "Stripe",
        "text": "A verdict that is right 99.9% of the time can be worthless when …",
        "url": "/cases/stripe-radar-fraud/",
        "replaced": False,
    },
    "license": LICENSE,
}
FEED_EXAMPLE = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-gb"><title>Casebook: the day’s digest</title>
"""


class PartSerializer(serializers.Serializer):
    slug = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    url = serializers.CharField()
    replaced = serializers.BooleanField(
        help_text="Whether it stands in place of one that was withdrawn after its day had come."
    )


class TopicPartSerializer(PartSerializer):
    formula_html = serializers.CharField(
        help_text="MathML, whose alttext is the formula in TeX; empty for a topic without one."
    )


class ProblemPartSerializer(PartSerializer):
    difficulty = serializers.ChoiceField(Problem.Difficulty.choices)


class CasePartSerializer(PartSerializer):
    company = serializers.CharField()


class DaySerializer(serializers.Serializer):
    date = serializers.DateField()
    introduction = serializers.CharField()
    topic = TopicPartSerializer(allow_null=True)
    problem = ProblemPartSerializer(allow_null=True)
    case_study = CasePartSerializer(allow_null=True)
    license = serializers.SerializerMethodField()

    def get_license(self, _day) -> str:
        return LICENSE


def read_day(text: str) -> datetime.date:
    """A day as ISO 8601 writes it. Raises NotFound."""
    try:
        if re.fullmatch(DayConverter.regex, text):
            return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    raise exceptions.NotFound(
        f"There is no day {text[:40]!r}; a day is a date such as {EXAMPLE['date']}."
    )


def described(summary: str, text: str) -> Callable:
    return extend_schema(
        summary=summary, description=text, examples=[OpenApiExample("A day", value=EXAMPLE)]
    )


class DigestViewSet(viewsets.GenericViewSet):
    """A topic, a problem that practises it and a case study for each day."""

    serializer_class = DaySerializer
    filter_backends = []

    @described(
        "List the digests of all days, the newest first",
        "Begins with today's. The site's time zone decides when a day begins.",
    )
    def list(self, request):
        check_names(request, PAGES)
        days = digest.days()
        page = self.paginate_queryset(
            lambda start, size: (days[start : start + size], len(days)),
        )
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @described(
        "Read today's digest",
        "A part is null while nothing of its kind is published. The site's time zone decides the"
        " day.",
    )
    def today(self, request):
        check_names(request, set())
        return Response(self.get_serializer(digest.day(digest.today())).data)

    @extend_schema(parameters=[DAY_PARAMETER])
    @described(
        "Read the digest of a day",
        "What it said on its day; a part that was withdrawn since is another one, with `replaced`"
        " true. A day that has not come, or that lies before the first one, is a 404.",
    )
    def retrieve(self, request, date):
        check_names(request, set())
        asked = read_day(date)
        day = digest.day(asked)
        if day is None and asked > digest.today():
            raise exceptions.NotFound(f"{date} has not come yet; the last day is today's.")
        if day is None:
            raise exceptions.NotFound(f"{date} lies before the first day of the digest.")
        return Response(self.get_serializer(day).data)

    @extend_schema(
        summary="Read the last thirty digests as an Atom feed",
        description=(
            "Atom 1.0 (RFC 4287) with the whole text of each day. A formula is MathML and, below"
            " it, TeX for readers that show none."
        ),
        operation_id="digest_feed",
        responses={(200, feed.MEDIA_TYPE): OpenApiTypes.STR},
        examples=[
            OpenApiExample("The beginning", value=FEED_EXAMPLE, media_type=feed.MEDIA_TYPE),
        ],
    )
    def feed(self, request):
        check_names(request, set())
        site = request.build_absolute_uri("/").rstrip("/")
        return HttpResponse(
            feed.render(digest.days()[: feed.MOST_DAYS], site),
            content_type=f"{feed.MEDIA_TYPE}; charset=utf-8",
        )
