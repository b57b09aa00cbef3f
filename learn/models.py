"""What one learner does across the content, and the digest of each day."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from kb.models import CaseStudy, Topic
from problems.models import Problem
from rest.owned import OwnedQuerySet


class TopicProgress(models.Model):
    """How far a learner has come with a topic; none is a topic that was never begun."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="read_topics")
    topic = models.ForeignKey(Topic, models.CASCADE, related_name="progress")
    sections_read = models.JSONField(default=list, help_text="Keys, in the order of the text.")
    done = models.BooleanField(default=False)
    started_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    done_at = models.DateTimeField(null=True, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "progress with topics"
        constraints = [
            models.UniqueConstraint(fields=["owner", "topic"], name="learn_topicprogress_once"),
            models.CheckConstraint(
                condition=Q(done=True, done_at__isnull=False) | Q(done=False, done_at=None),
                name="learn_topicprogress_done_has_its_time",
            ),
        ]

    def __str__(self):
        return f"topic {self.topic_id} of {self.owner_id}"


class CheckAnswer(models.Model):
    """A learner answered a question of a topic, and said whether it was right. Never changed."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="answers")
    topic = models.ForeignKey(Topic, models.CASCADE, related_name="answers")
    topic_version = models.PositiveIntegerField()
    question = models.CharField(max_length=40, help_text="Its key.")
    correct = models.BooleanField()
    seconds = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="From seeing the question to its answer; null where nobody measured it.",
    )
    at = models.DateTimeField(auto_now_add=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["owner", "topic"], name="learn_checkanswer_owner")]

    def __str__(self):
        return f"{self.question} of topic {self.topic_id} by {self.owner_id}"


# What may be pinned: what readers see, and what says something of itself for the purpose.
IN_DIGEST = {"state": "published", "draft_of": None, "teaser__gt": ""}


class DigestQuerySet(models.QuerySet):
    def fixed(self):
        """Days that have come, which no longer change by themselves."""
        return self.filter(fixed_at__isnull=False)


class Digest(models.Model):
    """One day: a topic, a problem and a case study.

    A day to come has a row only where a curator chose something for it. When it comes, it is fixed:
    what was chosen and said is kept in it.
    """

    date = models.DateField(unique=True)
    introduction = models.TextField(
        blank=True,
        max_length=2000,
        help_text="In place of the sentences that are made for the day.",
    )
    pinned_topic = models.ForeignKey(
        Topic,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to=IN_DIGEST,
    )
    pinned_problem = models.ForeignKey(
        Problem,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to=IN_DIGEST,
    )
    pinned_case_study = models.ForeignKey(
        CaseStudy,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to=IN_DIGEST,
    )
    # The slugs of what was chosen, empty where nothing was published; and in which round: a round
    # ends when everything of its kind had its day.
    topic = models.CharField(max_length=80, blank=True, editable=False)
    topic_round = models.PositiveIntegerField(default=0, editable=False)
    problem = models.CharField(max_length=80, blank=True, editable=False)
    problem_round = models.PositiveIntegerField(default=0, editable=False)
    case_study = models.CharField(max_length=80, blank=True, editable=False)
    case_study_round = models.PositiveIntegerField(default=0, editable=False)
    # What the day says, by part, as the API answers it.
    parts = models.JSONField(default=dict, editable=False)
    fixed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = DigestQuerySet.as_manager()

    class Meta:
        ordering = ["-date"]
        verbose_name = "day of the digest"
        verbose_name_plural = "days of the digest"

    def __str__(self):
        return f"{self.date:%A, %-d %B %Y}"
