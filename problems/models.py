"""Problems, and what a learner has revealed of them."""

from django.conf import settings
from django.db import models

from kb.markup import Context, highlight_code, render, render_inline
from kb.models import CaseStudy, Technique, Topic
from kb.models.entry import NO_DRAFT_BESIDE, Entry, find_all, slugs_of, without_nul
from kb.models.links import link_to
from problems.document import (
    Limits,
    ProblemDocument,
    Tolerance,
    dump_document,
    parse_document,
)


class Problem(Entry):
    TYPE = "problem"
    STANDS_ON = ("topic", "home_topic")
    parse_text = staticmethod(parse_document)
    dump_text = staticmethod(dump_document)

    class Difficulty(models.TextChoices):
        EASY = "easy"
        MEDIUM = "medium"
        HARD = "hard"

    difficulty = models.CharField(max_length=6, choices=Difficulty)
    home_topic = models.ForeignKey(
        Topic, models.PROTECT, related_name="home_problems", limit_choices_to=NO_DRAFT_BESIDE
    )
    topics = models.ManyToManyField(
        Topic,
        blank=True,
        related_name="problems",
        limit_choices_to=NO_DRAFT_BESIDE,
        help_text="Other topics that it practises.",
    )
    techniques = models.ManyToManyField(
        Technique, blank=True, related_name="problems", limit_choices_to=NO_DRAFT_BESIDE
    )
    cases = models.ManyToManyField(
        CaseStudy, blank=True, related_name="problems", limit_choices_to=NO_DRAFT_BESIDE
    )
    position = models.PositiveSmallIntegerField(default=1)
    teaser = models.TextField(max_length=400, help_text="What solving it teaches.")
    licence = models.CharField(max_length=200, default="CC BY 4.0")
    credit = models.CharField(max_length=200, default="Casebook", help_text="The author's name.")
    function = models.JSONField(default=dict, validators=[without_nul])
    worked_examples = models.JSONField(default=list, validators=[without_nul])
    time_seconds = models.FloatField(default=2)
    memory_mb = models.PositiveIntegerField(default=256)
    rtol = models.FloatField(default=1e-6)
    atol = models.FloatField(default=1e-9)
    statement = models.TextField()
    starter_code = models.TextField()
    hints = models.JSONField(default=list, help_text="A list of Markdown texts, three to five.")
    editorial = models.TextField()
    reference = models.TextField(help_text="Runs only in the sandbox.")
    alternative = models.TextField(help_text="A second solution in another style.")
    tests = models.TextField(help_text="Runs only in the sandbox.")
    misconceptions = models.JSONField(default=list, validators=[without_nul])

    class Meta(Entry.Meta):
        ordering = ["position", "slug"]

    def get_absolute_url(self):
        return f"/problems/{self.slug}/"

    @property
    def topic_slugs(self) -> list[str]:
        """The home topic first, the others sorted."""
        return [self.home_topic.slug, *slugs_of(self.topics)]

    def to_document(self):
        return ProblemDocument(
            slug=self.slug,
            title=self.title,
            summary=self.summary,
            difficulty=self.difficulty,
            topics=self.topic_slugs,
            techniques=slugs_of(self.techniques),
            cases=slugs_of(self.cases),
            position=self.position,
            teaser=self.teaser,
            licence=self.licence,
            author=self.credit,
            function=self.function,
            examples=self.worked_examples,
            limits=Limits(time_seconds=self.time_seconds, memory_mb=self.memory_mb),
            tolerance=Tolerance(rtol=self.rtol, atol=self.atol),
            starter_code=self.starter_code,
            hints=self.hints,
            statement=self.statement,
            editorial=self.editorial,
            reference=self.reference,
            alternative=self.alternative,
            tests=self.tests,
            misconceptions=self.misconceptions,
        )

    def write(self, document):
        same = (
            *("slug", "title", "summary", "difficulty", "position", "teaser", "licence"),
            *("statement", "starter_code", "hints", "editorial", "reference", "alternative"),
            "tests",
        )
        for name in same:
            setattr(self, name, getattr(document, name))
        self.credit = document.author
        self.function = document.function.model_dump()
        self.worked_examples = [example.model_dump() for example in document.examples]
        self.time_seconds = document.limits.time_seconds
        self.memory_mb = document.limits.memory_mb
        self.rtol, self.atol = document.tolerance.rtol, document.tolerance.atol
        self.misconceptions = [mistake.model_dump() for mistake in document.misconceptions]
        [self.home_topic] = find_all(Topic.objects.current(), document.topics[:1], "topic")
        self.save()

    def write_relations(self, document):
        self.topics.set(find_all(Topic.objects.current(), document.topics[1:], "topic"))
        self.techniques.set(find_all(Technique.objects.current(), document.techniques, "technique"))
        self.cases.set(find_all(CaseStudy.objects.current(), document.cases, "case study"))

    @staticmethod
    def make_rendered(document):
        context = Context(link=link_to)
        statement = render(document.statement, context, ("statement",))
        return {
            "statement_html": statement.html,
            "starter_html": highlight_code(document.starter_code, "python"),
            "hints": [
                render(hint, context, ("hints", index)).html
                for index, hint in enumerate(document.hints)
            ],
            "editorial_html": render(document.editorial, context, ("editorial",)).html,
            "examples": [
                {
                    "input": example.input,
                    "output": example.output,
                    "explanation": render_inline(
                        example.explanation, context, ("examples", index, "explanation")
                    ),
                }
                for index, example in enumerate(document.examples)
            ],
            "text": statement.text,
        }

    def card_text(self):
        return f"{self.teaser} {self.rendered['text']}"

    def card_techniques(self):
        return slugs_of(self.techniques)

    def card_topics(self):
        return self.topic_slugs

    def card_extra(self):
        cases = slugs_of(self.cases)
        return {"difficulty": self.difficulty, "cases": cases, "position": self.position}


class HintReveal(models.Model):
    """A learner saw a hint: once, and for good."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="hint_reveals")
    problem = models.ForeignKey(Problem, models.CASCADE, related_name="reveals")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["problem", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "problem", "number"], name="problems_hintreveal_once"
            )
        ]

    def __str__(self):
        return f"hint {self.number} of {self.problem_id}"
