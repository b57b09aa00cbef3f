"""What a case rests on: its sources, and the numbers that were read in them."""

from django.db import models
from django.db.models import F, Q

from kb.fields import CONFIDENCES
from kb.models.entry import CitedWork, State, line_validator, slug_validator
from kb.models.terms import Quantity, Unit


class Source(CitedWork):
    """Where a case's facts were read."""

    case_study = models.ForeignKey("kb.CaseStudy", models.CASCADE, related_name="sources")
    # By what the work is known, so that other cases that cite it are found (kb/addresses.py).
    identity = models.CharField(max_length=500, blank=True, editable=False, db_index=True)

    class Meta(CitedWork.Meta):
        constraints = [
            *CitedWork.Meta.constraints,
            models.UniqueConstraint(fields=["case_study", "key"], name="kb_source_key_unique"),
        ]


class OfPublishedCases(models.QuerySet):
    """Rows that belong to cases; readers see those of published ones only."""

    def published(self):
        return self.filter(case_study__state=State.PUBLISHED, case_study__draft_of=None)


class Claim(models.Model):
    """A published number: of what quantity, in which unit, and where it was read."""

    class Kind(models.TextChoices):
        SCALE = "scale", "Scale"
        LATENCY = "latency", "Latency"
        OFFLINE_METRIC = "offline-metric", "Offline metric"
        ONLINE_METRIC = "online-metric", "Online metric"
        COST = "cost", "Cost"
        OTHER = "other", "Other"

    case_study = models.ForeignKey("kb.CaseStudy", models.CASCADE, related_name="claims")
    key = models.CharField(max_length=80, validators=[slug_validator])
    quantity = models.ForeignKey(Quantity, models.PROTECT, related_name="claims")
    value = models.FloatField(help_text="In the unit; the lower end of a range.")
    value_max = models.FloatField(null=True, blank=True, help_text="Only for a range.")
    text = models.CharField(
        max_length=200,
        validators=[line_validator],
        help_text="What stands in the prose in place of [#key]: “more than 65 million”.",
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="claims")
    # In the base unit of the quantity; written when the case is published.
    base_value = models.FloatField(null=True, editable=False)
    base_value_max = models.FloatField(null=True, editable=False)
    scope = models.TextField(
        blank=True, max_length=4000, help_text="Of what, where, when; which percentile."
    )
    as_of = models.CharField(max_length=10, blank=True, help_text="YYYY, YYYY-MM or YYYY-MM-DD.")
    kind = models.CharField(max_length=15, choices=Kind)
    # A draft may lack it; what is published does not.
    source = models.ForeignKey(
        Source, models.SET_NULL, null=True, blank=True, related_name="claims"
    )
    locator = models.CharField(max_length=200, blank=True, help_text="Page, section or table.")
    confidence = models.CharField(
        max_length=15, choices=CitedWork.Confidence, default=CitedWork.Confidence.ORIGINAL
    )
    # Named on one side; both sides show it.
    conflicts_with = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="disputed_by"
    )
    position = models.PositiveIntegerField(default=0)

    objects = OfPublishedCases.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case_study", "key"],
                name="kb_claim_key_unique",
                violation_error_message="Another claim of this case has this key.",
            ),
            models.CheckConstraint(
                condition=Q(value_max=None) | Q(value_max__gt=F("value")),
                name="kb_claim_range_ascends",
                violation_error_message="A range ends above the value at which it begins.",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "scale",
                        "latency",
                        "offline-metric",
                        "online-metric",
                        "cost",
                        "other",
                    ]
                ),
                name="kb_claim_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(confidence__in=list(CONFIDENCES)),
                name="kb_claim_confidence_known",
            ),
        ]
        indexes = [models.Index(fields=["quantity", "base_value"], name="kb_claim_by_size")]

    def __str__(self):
        return f"{self.key}: {self.text}"
