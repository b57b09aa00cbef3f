"""The words that cases, topics and problems share: companies and techniques."""

from django.db import models
from django.db.models import Q

from kb.document import CompanyDocument, TechniqueDocument
from kb.models.entry import Entry
from kb.vocabulary import TECHNIQUE_GROUPS


class Company(Entry):
    TYPE = "company"

    aliases = models.JSONField(default=list, blank=True)
    industry = models.CharField(max_length=200, blank=True)
    website = models.URLField(blank=True, max_length=500)

    class Meta(Entry.Meta):
        verbose_name_plural = "companies"

    def get_absolute_url(self):
        return f"/companies/{self.slug}/"

    def to_document(self):
        return CompanyDocument(
            slug=self.slug,
            title=self.title,
            summary=self.summary,
            aliases=self.aliases,
            industry=self.industry,
            website=self.website,
        )

    def write(self, document):
        self.slug, self.title, self.summary = document.slug, document.title, document.summary
        self.aliases, self.industry = document.aliases, document.industry
        self.website = document.website
        self.save()

    def card_text(self):
        return " ".join([*self.aliases, self.industry])


class Technique(Entry):
    TYPE = "technique"

    group = models.CharField(max_length=200, choices=[(name, name) for name in TECHNIQUE_GROUPS])
    synonyms = models.JSONField(default=list, blank=True)

    class Meta(Entry.Meta):
        ordering = ["group", "title"]
        constraints = [
            *Entry.Meta.constraints,
            models.CheckConstraint(
                condition=Q(group__in=list(TECHNIQUE_GROUPS)), name="kb_technique_group_known"
            ),
        ]

    def get_absolute_url(self):
        return f"/techniques/{self.slug}/"

    def to_document(self):
        return TechniqueDocument(
            slug=self.slug,
            title=self.title,
            summary=self.summary,
            group=self.group,
            synonyms=self.synonyms,
        )

    def write(self, document):
        self.slug, self.title, self.summary = document.slug, document.title, document.summary
        self.group, self.synonyms = document.group, document.synonyms
        self.save()

    def card_text(self):
        return " ".join([*self.synonyms, self.group])

    def card_techniques(self):
        return [self.slug]
