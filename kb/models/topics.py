"""Study plans, their chapters, and the topics in them."""

from django.db import models

from kb.document import StudyPlanDocument, TopicDocument
from kb.errors import UnknownReference
from kb.examples import as_values
from kb.fields import Chapter as ChapterPart
from kb.fields import Example as ExamplePart
from kb.fields import Work
from kb.markup import Context, render
from kb.models.entry import (
    NO_DRAFT_BESIDE,
    CitedWork,
    Entry,
    find_all,
    line_validator,
    slug_validator,
    slugs_of,
    values_of,
)
from kb.models.examples import ExampleRow
from kb.models.links import link_to
from kb.models.vocabulary import Technique
from kb.teasers import TOPIC_TEASERS, teaser_faults
from kb.topic_render import render_topic


class StudyPlan(Entry):
    TYPE = "study-plan"

    position = models.PositiveSmallIntegerField(default=1)
    body = models.TextField(blank=True, max_length=200_000, help_text="An introduction.")

    class Meta(Entry.Meta):
        ordering = ["position", "slug"]

    def get_absolute_url(self):
        return f"/plans/{self.slug}/"

    def to_document(self):
        return StudyPlanDocument(
            slug=self.slug,
            title=self.title,
            summary=self.summary,
            body=self.body,
            position=self.position,
            chapters=[values_of(chapter, ChapterPart) for chapter in self.chapters.all()],
        )

    def write(self, document):
        self.slug, self.title, self.summary = document.slug, document.title, document.summary
        self.body, self.position = document.body, document.position
        self.save()

    def write_relations(self, document):
        # Chapters are kept by slug, since topics hang on them.
        kept = {chapter.slug: chapter for chapter in self.chapters.all()}
        gone = set(kept) - {part.slug for part in document.chapters}
        used = Chapter.objects.filter(plan=self, slug__in=gone, topics__isnull=False).distinct()
        if names := [chapter.title for chapter in used]:
            raise UnknownReference(
                f"The plan {self.slug!r} leaves out {', '.join(names)}, which still has topics.",
                sorted(gone),
            )
        Chapter.objects.filter(plan=self, slug__in=gone).delete()
        chapters = []
        for position, part in enumerate(document.chapters):
            chapter = kept.get(part.slug) or Chapter(plan=self, slug=part.slug)
            chapter.title, chapter.summary, chapter.position = part.title, part.summary, position
            chapters.append(chapter)
        Chapter.objects.bulk_create(chapter for chapter in chapters if chapter.pk is None)
        Chapter.objects.bulk_update(
            [chapter for chapter in chapters if chapter.slug in kept],
            ["title", "summary", "position"],
        )

    @staticmethod
    def make_rendered(document):
        text = render(document.body, Context(link=link_to))
        return {"html": text.html, "text": text.text}

    def card_text(self):
        titles = " ".join(chapter.title for chapter in self.chapters.all())
        return f"{titles} {self.rendered['text']}"

    def card_extra(self):
        chapters = [{"slug": part.slug, "title": part.title} for part in self.chapters.all()]
        return {"position": self.position, "chapters": chapters}


class Chapter(models.Model):
    plan = models.ForeignKey(StudyPlan, models.CASCADE, related_name="chapters")
    slug = models.CharField(max_length=80, validators=[slug_validator])
    title = models.CharField(max_length=200, validators=[line_validator])
    summary = models.TextField(blank=True, max_length=4000)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["plan__position", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "slug"], name="kb_chapter_slug_unique")
        ]

    def __str__(self):
        return self.title


class Topic(Entry):
    TYPE = "topic"
    STANDS_ON = ("study-plan", "chapter__plan")
    NEEDS_BODY = True

    chapter = models.ForeignKey(
        Chapter, models.PROTECT, related_name="topics", limit_choices_to={"plan__draft_of": None}
    )
    position = models.PositiveSmallIntegerField(default=1)
    minutes = models.PositiveSmallIntegerField(default=20)
    outcomes = models.JSONField(default=list, blank=True)
    prerequisites = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="needed_by",
        limit_choices_to=NO_DRAFT_BESIDE,
    )
    techniques = models.ManyToManyField(
        Technique, blank=True, related_name="topics", limit_choices_to=NO_DRAFT_BESIDE
    )
    teaser = models.TextField(
        blank=True,
        max_length=4000,
        help_text="What the digest says of it: a few whole sentences, 80 characters or more.",
    )
    formula = models.TextField(
        blank=True, max_length=4000, help_text="The key formula, in TeX, without dollar signs."
    )
    body = models.TextField(
        blank=True, max_length=200_000, help_text="Markdown; each section is '## Title {#key}'."
    )

    class Meta(Entry.Meta):
        ordering = ["chapter__plan__position", "chapter__position", "position", "slug"]

    def get_absolute_url(self):
        return f"/topics/{self.slug}/"

    def to_document(self):
        return TopicDocument(
            slug=self.slug,
            title=self.title,
            summary=self.summary,
            body=self.body,
            plan=self.chapter.plan.slug,
            chapter=self.chapter.slug,
            position=self.position,
            minutes=self.minutes,
            outcomes=self.outcomes,
            prerequisites=slugs_of(self.prerequisites),
            techniques=slugs_of(self.techniques),
            teaser=self.teaser,
            formula=self.formula,
            references=[values_of(reference, Work) for reference in self.references.all()],
            examples=[values_of(example, ExamplePart) for example in self.examples.all()],
        )

    def write(self, document):
        self.slug, self.title, self.summary = document.slug, document.title, document.summary
        self.body, self.teaser = document.body, document.teaser
        self.formula = document.formula
        chapter = Chapter.objects.filter(
            plan__slug=document.plan, plan__draft_of=None, slug=document.chapter
        ).first()
        if chapter is None:
            raise UnknownReference(
                f"There is no chapter {document.chapter!r} in a plan {document.plan!r}.",
                [document.chapter],
            )
        self.chapter, self.position = chapter, document.position
        self.minutes, self.outcomes = document.minutes, document.outcomes
        self.save()

    def write_relations(self, document):
        self.prerequisites.set(find_all(Topic.objects.current(), document.prerequisites, "topic"))
        self.techniques.set(find_all(Technique.objects.current(), document.techniques, "technique"))
        self.references.all().delete()
        Reference.objects.bulk_create(
            Reference(topic=self, position=position, **work.model_dump())
            for position, work in enumerate(document.references)
        )
        self.examples.all().delete()
        Example.objects.bulk_create(
            Example(topic=self, position=position, **as_values(part))
            for position, part in enumerate(document.examples)
        )

    @staticmethod
    def make_rendered(document):
        return render_topic(document, link_to)

    def faults(self, document):
        return list(teaser_faults(document, TOPIC_TEASERS))

    def card_text(self):
        return f"{' '.join(self.outcomes)} {self.rendered['text']}"

    def card_techniques(self):
        return slugs_of(self.techniques)

    def card_topics(self):
        return [self.slug]

    def card_extra(self):
        return {
            "minutes": self.minutes,
            "plan": self.chapter.plan.slug,
            "chapter": self.chapter.slug,
            "position": self.position,
            "prerequisites": slugs_of(self.prerequisites),
            # By which what was read and answered is kept.
            "sections": [section["key"] for section in self.rendered.get("sections", [])],
            "questions": [question["key"] for question in self.rendered.get("questions", [])],
        }

    def card_digest(self):
        return {"text": self.teaser, "formula_html": self.rendered.get("formula_html", "")}


class Reference(CitedWork):
    """A work that a topic cites."""

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="references")

    class Meta(CitedWork.Meta):
        constraints = [
            *CitedWork.Meta.constraints,
            models.UniqueConstraint(fields=["topic", "key"], name="kb_reference_key_unique"),
        ]


class Example(ExampleRow):
    """A computed figure of a topic."""

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="examples")

    class Meta(ExampleRow.Meta):
        constraints = [
            models.UniqueConstraint(fields=["topic", "key"], name="kb_example_key_unique")
        ]
