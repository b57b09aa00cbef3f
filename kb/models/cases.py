"""Case studies: prose and rows about one real system."""

from typing import get_args

from django.db import models
from django.db.models import F, Q

from kb.addresses import identity
from kb.case_parts import Claim as ClaimPart
from kb.case_parts import Component as ComponentPart
from kb.case_parts import Experiment as ExperimentPart
from kb.case_parts import Relation
from kb.case_render import base_value, render_case
from kb.casecheck import check_case, cycle_in
from kb.document import CaseStudyDocument
from kb.errors import UnknownReference
from kb.examples import as_values
from kb.fields import Work
from kb.models.architecture import Component, Flow
from kb.models.entry import NO_DRAFT_BESIDE, Entry, find_all, slugs_of, values_of
from kb.models.evidence import Claim, Source
from kb.models.examples import ExampleRow
from kb.models.links import link_to
from kb.models.terms import ComponentType, Quantity, Unit
from kb.models.topics import Topic
from kb.models.vocabulary import Company, Technique
from kb.terms import current_vocabulary
from kb.vocabulary import DOMAINS


class CaseStudy(Entry):
    TYPE = "case-study"
    STANDS_ON = ("company", "company")
    NEEDS_BODY = True

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="case_studies", limit_choices_to=NO_DRAFT_BESIDE
    )
    domain = models.CharField(
        max_length=20, choices=[(slug, domain.name) for slug, domain in DOMAINS.items()]
    )
    year = models.PositiveSmallIntegerField(help_text="Of the system as it is described.")
    techniques = models.ManyToManyField(
        Technique, blank=True, related_name="case_studies", limit_choices_to=NO_DRAFT_BESIDE
    )
    topics = models.ManyToManyField(
        Topic, blank=True, related_name="case_studies", limit_choices_to=NO_DRAFT_BESIDE
    )
    lessons = models.JSONField(default=list, blank=True)
    negative_results = models.JSONField(default=list, blank=True)
    not_public = models.JSONField(default=list, blank=True)
    questions = models.JSONField(
        default=list, blank=True, help_text='A list of {"question": …, "answer": …}.'
    )
    audience_student = models.TextField(blank=True, max_length=4000)
    audience_engineer = models.TextField(blank=True, max_length=4000)
    audience_researcher = models.TextField(blank=True, max_length=4000)
    teaser = models.TextField(
        blank=True,
        max_length=4000,
        help_text="What the digest says of it: a few whole sentences, 80 characters or more.",
    )
    readers = models.TextField(
        blank=True,
        max_length=4000,
        help_text="Who it is for: a whole sentence of 80 characters or more, for the digest.",
    )
    body = models.TextField(
        max_length=200_000, help_text="Markdown; each section is '## Title {#key}'."
    )
    reading_minutes = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta(Entry.Meta):
        ordering = ["-published_at", "slug"]
        verbose_name_plural = "case studies"
        constraints = [
            *Entry.Meta.constraints,
            models.CheckConstraint(
                condition=Q(domain__in=list(DOMAINS)), name="kb_casestudy_domain_known"
            ),
        ]
        # The list in its default order: a page of 5,000 without reading them all.
        indexes = [
            models.Index(fields=["draft_of", "state", "-published_at", "slug"], name="kb_case_list")
        ]

    def get_absolute_url(self):
        return f"/cases/{self.slug}/"

    def to_document(self):
        # Parts are given as tables: what is wrong in one is named with its place.
        return CaseStudyDocument(
            slug=self.slug,
            title=self.title,
            summary=self.summary,
            body=self.body,
            company=self.company.slug,
            domain=self.domain,
            year=self.year,
            techniques=slugs_of(self.techniques),
            topics=slugs_of(self.topics),
            lessons=self.lessons,
            negative_results=self.negative_results,
            not_public=self.not_public,
            teaser=self.teaser,
            readers=self.readers,
            audience={
                "student": self.audience_student,
                "engineer": self.audience_engineer,
                "researcher": self.audience_researcher,
            },
            sources=[values_of(source, Work) for source in self.sources.all()],
            claims=self._claim_parts(),
            components=self._component_parts(),
            flows=[
                {"from": row.start.key, "to": row.end.key, "label": row.label, "kind": row.kind}
                for row in self.flows.select_related("start", "end")
            ],
            links=[
                {"relation": row.relation, "case_study": row.target.slug}
                for row in self.links.select_related("target")
            ],
            questions=self.questions,
            experiments=self._experiment_parts(),
        )

    def _claim_parts(self):
        rows = self.claims.select_related("quantity", "unit", "source")
        return [
            {
                **values_of(row, ClaimPart),
                "quantity": row.quantity.slug,
                "unit": row.unit.slug,
                "source": row.source.key if row.source else "",
                "conflicts_with": [other.key for other in row.conflicts_with.all()],
            }
            for row in rows.prefetch_related("conflicts_with")
        ]

    def _component_parts(self):
        return [
            {**values_of(row, ComponentPart, {"component"}), "component": row.type.slug}
            for row in self.components.select_related("type")
        ]

    def _experiment_parts(self):
        return [
            {
                **values_of(row, ExperimentPart),
                "claim": row.claim.key if row.claim else "",
            }
            for row in self.experiments.select_related("claim")
        ]

    def write(self, document):
        self.slug, self.title, self.summary = document.slug, document.title, document.summary
        self.body, self.teaser = document.body, document.teaser
        self.readers = document.readers
        [self.company] = find_all(Company.objects.current(), [document.company], "company")
        self.domain, self.year = document.domain, document.year
        self.lessons = document.lessons
        self.negative_results = document.negative_results
        self.not_public = document.not_public
        self.audience_student = document.audience.student
        self.audience_engineer = document.audience.engineer
        self.audience_researcher = document.audience.researcher
        self.questions = [question.model_dump() for question in document.questions]
        self.save()

    def write_relations(self, document):
        self.techniques.set(find_all(Technique.objects.current(), document.techniques, "technique"))
        self.topics.set(find_all(Topic.objects.current(), document.topics, "topic"))
        self._write_evidence(document)
        self._write_architecture(document)
        self.links.all().delete()
        targets = [link.case_study for link in document.links]
        found = find_all(CaseStudy.objects.current(), targets, "case study")
        CaseLink.objects.bulk_create(
            CaseLink(case_study=self, position=position, relation=link.relation, target=target)
            for position, (link, target) in enumerate(zip(document.links, found, strict=True))
        )

    def _write_evidence(self, document):
        self.experiments.all().delete()
        self.claims.all().delete()
        self.sources.all().delete()
        sources = _by_key(
            Source.objects.bulk_create(
                Source(
                    case_study=self,
                    position=position,
                    identity=identity(work.url, work.doi),
                    **work.model_dump(),
                )
                for position, work in enumerate(document.sources)
            )
        )
        vocabulary = current_vocabulary()
        quantities = _terms(Quantity, [claim.quantity for claim in document.claims], "quantity")
        units = _terms(Unit, [claim.unit for claim in document.claims], "unit")
        claims = []
        for position, part in enumerate(document.claims):
            values = part.model_dump(exclude={"quantity", "unit", "source", "conflicts_with"})
            claims.append(
                Claim(
                    case_study=self,
                    position=position,
                    quantity=quantities[part.quantity],
                    unit=units[part.unit],
                    source=_named(sources, part.source, "source"),
                    base_value=base_value(part, part.value, vocabulary),
                    base_value_max=base_value(part, part.value_max, vocabulary),
                    **values,
                )
            )
        by_key = _by_key(Claim.objects.bulk_create(claims))
        conflicts = Claim.conflicts_with.through
        conflicts.objects.bulk_create(
            conflicts(from_claim=by_key[part.key], to_claim=_named(by_key, other, "claim"))
            for part in document.claims
            for other in part.conflicts_with
        )
        Experiment.objects.bulk_create(
            Experiment(
                case_study=self,
                position=position,
                **as_values(part) | {"claim": _named(by_key, part.claim, "claim")},
            )
            for position, part in enumerate(document.experiments)
        )

    def _write_architecture(self, document):
        self.components.all().delete()
        types = _terms(ComponentType, [part.component for part in document.components], "component")
        components = _by_key(
            Component.objects.bulk_create(
                Component(
                    case_study=self,
                    position=position,
                    type=types[part.component],
                    **part.model_dump(exclude={"component"}),
                )
                for position, part in enumerate(document.components)
            )
        )
        Flow.objects.bulk_create(
            Flow(
                case_study=self,
                position=position,
                start=_named(components, part.start, "component"),
                end=_named(components, part.end, "component"),
                label=part.label,
                kind=part.kind,
            )
            for position, part in enumerate(document.flows)
        )

    @staticmethod
    def make_rendered(document):
        return render_case(document, current_vocabulary(), link_to)

    def faults(self, document):
        supersedes = CaseLink.objects.filter(relation="supersedes", case_study__draft_of=None)
        edges = set(supersedes.values_list("case_study__slug", "target__slug"))
        edges = {(start, end) for start, end in edges if start != document.slug}
        edges |= {
            (document.slug, link.case_study)
            for link in document.links
            if link.relation == "supersedes"
        }
        found = check_case(document, current_vocabulary())
        if cycle := cycle_in(edges, document.slug):
            found.append(cycle)
        return found

    def set_rendered(self, rendered):
        self.reading_minutes = rendered["minutes"]
        return [*super().set_rendered(rendered), "reading_minutes"]

    def card_text(self):
        return f"{self.company.title} {self.rendered['text']}"

    def card_techniques(self):
        return slugs_of(self.techniques)

    def card_topics(self):
        return [topic.slug for topic in self.topics.all()]

    def card_extra(self):
        return {
            "company": self.company.title,
            "domain": self.domain,
            "year": self.year,
            "components": {row.type.slug: row.type.name for row in self._typed_components()},
            "links": {link["case_study"]: link["relation"] for link in self.rendered["links"]},
        }

    def card_digest(self):
        return {"text": " ".join(filter(None, (self.teaser, self.readers)))}

    def _typed_components(self):
        return self.components.select_related("type").order_by("type__slug")


class CaseLink(models.Model):
    """How a case stands to another."""

    case_study = models.ForeignKey(CaseStudy, models.CASCADE, related_name="links")
    target = models.ForeignKey(
        CaseStudy,
        models.PROTECT,
        related_name="linked_from",
        limit_choices_to=NO_DRAFT_BESIDE,
        verbose_name="other case",
    )
    relation = models.CharField(
        max_length=15,
        choices=[
            ("supersedes", "supersedes"),
            ("builds-on", "builds on"),
            ("influenced", "influenced"),
        ],
    )
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case_study", "target", "relation"], name="kb_caselink_unique"
            ),
            models.CheckConstraint(
                condition=~Q(case_study=F("target")),
                name="kb_caselink_leads_to_another",
                violation_error_message="A case is linked to another case, not to itself.",
            ),
            models.CheckConstraint(
                condition=Q(relation__in=get_args(Relation)), name="kb_caselink_relation_known"
            ),
        ]

    def __str__(self):
        return f"{self.get_relation_display()} {self.target}"


class Experiment(ExampleRow):
    """A claim of a case computed anew by a job kind."""

    case_study = models.ForeignKey(CaseStudy, models.CASCADE, related_name="experiments")
    claim = models.ForeignKey(
        Claim, models.SET_NULL, null=True, blank=True, related_name="experiments"
    )
    path = models.CharField(
        max_length=200,
        blank=True,
        help_text="Where in the result the number stands that is shown beside the claim.",
    )

    class Meta(ExampleRow.Meta):
        constraints = [
            models.UniqueConstraint(fields=["case_study", "key"], name="kb_experiment_key_unique")
        ]


def _by_key(rows):
    return {row.key: row for row in rows}


def _named(rows, key, what):
    """The row of a case with a key; None for an empty one. Raises UnknownReference."""
    if key and key not in rows:
        raise UnknownReference(f"There is no {what} {key!r} in this case.", [key])
    return rows[key] if key else None


def _terms(model, slugs, what):
    """Words of the vocabulary by slug. Raises UnknownReference."""
    found = find_all(model.objects.all(), list(dict.fromkeys(slugs)), f"{what} of the vocabulary")
    return {term.slug: term for term in found}
