"""The parts of a case's system and what goes between them."""

from django.db import models
from django.db.models import F, Q

from kb.models.entry import line_validator, slug_validator
from kb.models.terms import ComponentType


class Component(models.Model):
    class State(models.TextChoices):
        PUBLIC = "public", "public"
        INFERRED = "inferred", "inferred"
        UNKNOWN = "unknown", "unknown"

    case_study = models.ForeignKey("kb.CaseStudy", models.CASCADE, related_name="components")
    key = models.CharField(max_length=80, validators=[slug_validator])
    type = models.ForeignKey(ComponentType, models.PROTECT, related_name="components")
    name = models.CharField(max_length=200, validators=[line_validator])
    also = models.JSONField(
        default=list, blank=True, help_text="Other words by which the text names it."
    )
    lane = models.CharField(
        max_length=200,
        validators=[line_validator],
        help_text="The band of the picture; lanes stand in the order in which they first appear.",
    )
    technology = models.CharField(max_length=200, blank=True)
    latency = models.CharField(max_length=200, blank=True)
    freshness = models.CharField(max_length=200, blank=True)
    scale = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PUBLIC)
    section = models.CharField(
        max_length=80,
        default="architecture",
        validators=[slug_validator],
        help_text="The key of the section that tells of it.",
    )
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case_study", "key"],
                name="kb_component_key_unique",
                violation_error_message="Another component of this case has this key.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["public", "inferred", "unknown"]),
                name="kb_component_state_known",
            ),
        ]

    def __str__(self):
        return self.name


class Flow(models.Model):
    class Kind(models.TextChoices):
        REQUEST = "request", "request: somebody waits for the answer"
        EVENT = "event", "event: sent on as it happens"
        BATCH = "batch", "batch: moved in bulk, on a schedule"

    case_study = models.ForeignKey("kb.CaseStudy", models.CASCADE, related_name="flows")
    start = models.ForeignKey(
        Component, models.CASCADE, related_name="flows_out", verbose_name="from"
    )
    end = models.ForeignKey(Component, models.CASCADE, related_name="flows_in", verbose_name="to")
    label = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.REQUEST)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(start=F("end")),
                name="kb_flow_goes_somewhere",
                violation_error_message="A flow leads to another component.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["request", "event", "batch"]), name="kb_flow_kind_known"
            ),
            models.UniqueConstraint(
                fields=["start", "end", "kind", "label"], name="kb_flow_unique"
            ),
        ]

    def __str__(self):
        return f"{self.start} → {self.end}"
