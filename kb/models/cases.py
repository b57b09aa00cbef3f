"""Case studies: prose and rows about one real system."""

from django.db import models

from kb.document import Audience, CaseStudyDocument, Work
from kb.markup import Context, render, render_inline
from kb.models.entry import NO_DRAFT_BESIDE, CitedWork, Entry, find_all, slugs_of, values_of
from kb.models.links import link_to
from kb.models.topics import Topic
from kb.models.vocabulary import Company, Technique


class CaseStudy(Entry):
    TYPE = "case-study"
    STANDS_ON = ("company", "company")
    NEEDS_BODY = True

    class Domain(models.TextChoices):
        RECOMMENDATION = "recommendation", "Recommendation"
        FRAUD_AND_RISK = "fraud-and-risk", "Fraud and risk"
        ML_PLATFORM = "ml-platform", "ML platform"
        ADS_AND_SEARCH = "ads-and-search", "Ads and search"
        LANGUAGE = "language", "Language"
        FORECASTING = "forecasting", "Forecasting"
        OTHER = "other", "Other"

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="case_studies", limit_choices_to=NO_DRAFT_BESIDE
    )
    domain = models.CharField(max_length=20, choices=Domain)
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
    teaser = models.TextField(blank=True, max_length=4000)
    body = models.TextField(
        max_length=200_000, help_text="Markdown; each section is '## Title {#key}'."
    )
    reading_minutes = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta(Entry.Meta):
        ordering = ["-published_at", "slug"]
        verbose_name_plural = "case studies"

    def get_absolute_url(self):
        return f"/cases/{self.slug}/"

    def to_document(self):
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
            audience=Audience(
                student=self.audience_student,
                engineer=self.audience_engineer,
                researcher=self.audience_researcher,
            ),
            sources=[values_of(source, Work) for source in self.sources.all()],
            questions=self.questions,
        )

    def write(self, document):
        self.slug, self.title, self.summary = document.slug, document.title, document.summary
        self.body, self.teaser = document.body, document.teaser
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
        self.sources.all().delete()
        Source.objects.bulk_create(
            Source(case_study=self, position=position, **work.model_dump())
            for position, work in enumerate(document.sources)
        )

    @staticmethod
    def make_rendered(document):
        context = Context(works=document.sources, link=link_to)
        text = render(document.body, context)
        return {
            "html": text.html,
            "sections": [vars(section) for section in text.sections],
            **{
                name: [
                    render_inline(item, context, (name, index))
                    for index, item in enumerate(getattr(document, name))
                ]
                for name in ("lessons", "negative_results", "not_public")
            },
            "questions": [
                {
                    name: render_inline(value, context, ("questions", index, name))
                    for name, value in question
                }
                for index, question in enumerate(document.questions)
            ],
            "audience": {
                name: render_inline(value, context, ("audience", name))
                for name, value in document.audience
            },
            "minutes": text.minutes,
            "text": text.text,
        }

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
        return {"company": self.company.title, "domain": self.domain, "year": self.year}


class Source(CitedWork):
    """Where a case's facts were read."""

    case_study = models.ForeignKey(CaseStudy, models.CASCADE, related_name="sources")

    class Meta(CitedWork.Meta):
        constraints = [
            models.UniqueConstraint(fields=["case_study", "key"], name="kb_source_key_unique")
        ]
