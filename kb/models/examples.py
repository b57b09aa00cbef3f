"""The rows of computed examples and experiments."""

from django.db import models

from kb.models.entry import line_validator, slug_validator, without_nul


class ExampleRow(models.Model):
    """A job kind with its parameters, whose result is a figure of a text."""

    key = models.CharField(max_length=80, validators=[slug_validator])
    title = models.CharField(max_length=200, validators=[line_validator])
    kind = models.CharField(max_length=80)
    figure = models.CharField(max_length=40, blank=True)
    text = models.TextField(max_length=4000)
    params = models.JSONField(default=dict, blank=True, validators=[without_nul])
    controls = models.JSONField(default=list, blank=True, validators=[without_nul])
    position = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True
        ordering = ["position", "id"]

    def __str__(self):
        return self.title
