"""The vocabulary of cases as rows: components, units and quantities. See kb/vocabulary.py."""

from typing import get_args

from django.db import models
from django.db.models import Q

from kb.models.entry import line_validator, slug_validator
from kb.vocabulary import ComponentKind


class Term(models.Model):
    """A word of a closed list. Shipped ones come from the file and are changed only there."""

    slug = models.CharField(max_length=80, unique=True, validators=[slug_validator])
    name = models.CharField(max_length=200, validators=[line_validator])
    reason = models.TextField(
        max_length=4000, help_text="Why no other word of the list does. Others will read it."
    )
    is_shipped = models.BooleanField(default=False, editable=False)

    class Meta:
        abstract = True
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""), name="%(app_label)s_%(class)s_has_a_reason"
            )
        ]

    def __str__(self):
        return self.name


class ComponentType(Term):
    """What a part of a system is; `kind` gives its colour in the picture."""

    kind = models.CharField(
        max_length=10, choices=[(kind, kind.capitalize()) for kind in get_args(ComponentKind)]
    )
    summary = models.TextField(max_length=4000)

    class Meta(Term.Meta):
        constraints = [
            *Term.Meta.constraints,
            models.CheckConstraint(
                condition=Q(kind__in=get_args(ComponentKind)), name="kb_componenttype_kind_known"
            ),
        ]


class Unit(Term):
    """A unit; it is worth `factor` of the base unit of its dimension."""

    symbol = models.CharField(max_length=40, blank=True)
    dimension = models.CharField(max_length=80, validators=[slug_validator])
    factor = models.FloatField()

    class Meta(Term.Meta):
        constraints = [
            *Term.Meta.constraints,
            models.CheckConstraint(condition=Q(factor__gt=0), name="kb_unit_factor_positive"),
        ]


class Quantity(Term):
    """What claims measure or count; they are compared in its base unit."""

    base_unit = models.ForeignKey(Unit, models.PROTECT, related_name="quantities")
    summary = models.TextField(max_length=4000)

    class Meta(Term.Meta):
        verbose_name_plural = "quantities"
