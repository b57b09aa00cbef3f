"""Problems, what a learner has revealed of them, and what learners submit."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery

from compute.work import State, Work, WorkQuerySet
from kb.markup import Context, render, render_inline
from kb.models import CaseStudy, Technique, Topic
from kb.models.entry import (
    NO_DRAFT_BESIDE,
    Entry,
    EntryQuerySet,
    find_all,
    slugs_of,
    without_nul,
)
from kb.models.links import link_to
from kb.syntax import highlight_code
from problems.checking import check_to_publish
from problems.document import (
    Limits,
    ProblemDocument,
    Tolerance,
    dump_document,
    parse_document,
)
from problems.judge.testset import TestSet
from rest.json import JSONDecoder
from rest.owned import OwnedQuerySet


class Status(models.TextChoices):
    """What a learner has come to with a problem."""

    TODO = "todo"
    ATTEMPTED = "attempted"
    SOLVED = "solved"


class ProblemQuerySet(EntryQuerySet):
    def with_status(self, user):
        """With `status` of this learner, a value of Status."""
        judged = Submission.objects.of(user).judged().filter(problem=OuterRef("pk"))
        accepted = judged.filter(verdict=Submission.Verdict.ACCEPTED)
        return self.annotate(
            status=models.Case(
                models.When(Exists(accepted), then=models.Value(Status.SOLVED)),
                models.When(Exists(judged), then=models.Value(Status.ATTEMPTED)),
                default=models.Value(Status.TODO),
            )
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
    # Counted now and then (problems/housekeeping.py), so that lists need not count.
    acceptance_rate = models.FloatField(null=True, editable=False)

    objects = ProblemQuerySet.as_manager()

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

    def before_publish(self, document):
        return check_to_publish(document)

    def keep_with_version(self, made):
        StoredTests.keep(self.pk, self.version, made)

    def card_text(self):
        return f"{self.teaser} {self.rendered['text']}"

    def card_techniques(self):
        return slugs_of(self.techniques)

    def card_topics(self):
        return self.topic_slugs

    def card_digest(self):
        return {"text": self.teaser}

    def card_extra(self):
        cases = slugs_of(self.cases)
        return {"difficulty": self.difficulty, "cases": cases, "position": self.position}


class HintReveal(models.Model):
    """A learner saw a hint: once, and for good."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="hint_reveals")
    problem = models.ForeignKey(Problem, models.CASCADE, related_name="reveals")
    problem_version = models.PositiveIntegerField(null=True, help_text="Null: before it was kept.")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField(auto_now_add=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["problem", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "problem", "number"], name="problems_hintreveal_once"
            )
        ]

    def __str__(self):
        return f"hint {self.number} of {self.problem_id}"


class GaveUp(models.Model):
    """A learner asked to see the editorial without having solved the problem: for good."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="given_up")
    problem = models.ForeignKey(Problem, models.CASCADE, related_name="given_up")
    problem_version = models.PositiveIntegerField(null=True, help_text="Null: before it was kept.")
    at = models.DateTimeField(auto_now_add=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "gave up"
        constraints = [
            models.UniqueConstraint(fields=["owner", "problem"], name="problems_gaveup_once")
        ]

    def __str__(self):
        return f"{self.owner_id} gave up {self.problem_id}"


class StoredTests(models.Model):
    """The tests of one published version of a problem as data: inputs, and what is right.

    Made in the sandbox, when the version is published in the admin or, for a shipped problem, when
    the judge first needs it (problems/testing.py); never changed. `data` is read by
    `TestSet.from_bytes`.
    """

    problem = models.ForeignKey(Problem, models.CASCADE, related_name="stored_tests")
    version = models.PositiveIntegerField()
    data = models.BinaryField()
    numpy = models.CharField(max_length=40, help_text="The version of NumPy that made them.")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "stored tests"
        constraints = [
            models.UniqueConstraint(fields=["problem", "version"], name="problems_storedtests_once")
        ]

    def __str__(self):
        return f"tests of {self.problem_id}, version {self.version}"

    @classmethod
    def keep(cls, problem: int, version: int, test_set: TestSet) -> None:
        """Store them, unless somebody else was first: who builds them gets the same."""
        data, numpy = test_set.to_bytes(), test_set.numpy
        row = cls(problem_id=problem, version=version, data=data, numpy=numpy)
        cls.objects.bulk_create([row], ignore_conflicts=True)


class SubmissionQuerySet(WorkQuerySet):
    def judged(self):
        """Those of all tests that have a verdict."""
        return self.filter(mode=Submission.Mode.SUBMIT, state=State.SUCCEEDED)

    def failing(self):
        return self.judged().exclude(verdict=Submission.Verdict.ACCEPTED)

    def latest_of_each(self):
        """Of these, the newest of each learner."""
        newest = self.filter(owner=OuterRef("owner")).order_by("-created_at", "-pk")
        return self.filter(pk=Subquery(newest.values("pk")[:1]))

    def light(self):
        """Without what may be large, for lists."""
        return self.defer("code", "arguments", "tests")


class Submission(Work):
    """A learner's code for a problem. Succeeded means judged, whatever the verdict."""

    TASK = "problems.judge"
    LOGGED = (*Work.LOGGED, "mode")

    class Mode(models.TextChoices):
        RUN = "run"
        SUBMIT = "submit"

    class Verdict(models.TextChoices):
        ACCEPTED = "accepted"
        WRONG_ANSWER = "wrong_answer"
        RUNTIME_ERROR = "runtime_error"
        TIME_LIMIT = "time_limit"
        MEMORY_LIMIT = "memory_limit"
        OUTPUT_LIMIT = "output_limit"
        INVALID_CODE = "invalid_code"

    # In place of Work's: who deletes the account deletes what was submitted with it.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="submissions")
    problem = models.ForeignKey(Problem, models.PROTECT, related_name="submissions")
    problem_version = models.PositiveIntegerField()
    mode = models.CharField(max_length=6, choices=Mode)
    code = models.TextField()
    arguments = models.JSONField(
        null=True, blank=True, decoder=JSONDecoder, help_text="Of the learner's own call."
    )
    verdict = models.CharField(max_length=13, choices=Verdict, null=True, blank=True)
    score = models.FloatField(null=True, blank=True)
    memory_mb = models.FloatField(null=True, blank=True)
    tests = models.JSONField(default=list, blank=True, decoder=JSONDecoder)
    diagnosis = models.JSONField(null=True, blank=True, decoder=JSONDecoder)
    # The same for submissions that came to the same on every test; empty for those accepted.
    outcome = models.CharField(max_length=64, blank=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta(Work.Meta):
        indexes = [
            *Work.Meta.indexes,
            models.Index(fields=["owner", "-created_at"], name="problems_submission_owner"),
            models.Index(
                fields=["problem", "owner", "verdict"], name="problems_submission_problem"
            ),
            models.Index(
                fields=["problem", "problem_version", "outcome"],
                name="problems_submission_outcome",
                condition=Q(outcome__gt=""),
            ),
        ]
        constraints = [
            *Work.Meta.constraints,
            models.CheckConstraint(
                condition=Q(state="succeeded", verdict__isnull=False)
                | (~Q(state="succeeded") & Q(verdict=None)),
                name="problems_submission_verdict_fits_state",
            ),
        ]

    def __str__(self):
        return f"{self.mode} {self.pk}"


class EarlierJudgement(models.Model):
    """What was judged of a submission before it was judged again on a newer version."""

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="earlier")
    problem_version = models.PositiveIntegerField()
    verdict = models.CharField(max_length=13, choices=Submission.Verdict)
    score = models.FloatField()
    diagnosis = models.JSONField(null=True, blank=True, decoder=JSONDecoder)
    replaced_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["submission", "problem_version"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "problem_version"], name="problems_earlierjudgement_once"
            )
        ]

    def __str__(self):
        return f"{self.verdict} of {self.submission_id} on version {self.problem_version}"


class Explanation(Work):
    """What a language model says of a submission that was not accepted: one for each submission.

    One that failed is replaced when its learner asks again.
    """

    TASK = "problems.explain"

    # In place of Work's: who deletes the account deletes what was explained to it.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="explanations")
    submission = models.OneToOneField(Submission, models.CASCADE, related_name="explanation")
    model = models.CharField(max_length=200, help_text="The name of the model that was asked.")
    # As it came, and nobody's HTML: whoever shows it escapes it.
    text = models.TextField(null=True, blank=True)

    objects = WorkQuerySet.as_manager()

    class Meta(Work.Meta):
        constraints = [
            *Work.Meta.constraints,
            models.CheckConstraint(
                condition=Q(state="succeeded", text__isnull=False)
                | (~Q(state="succeeded") & Q(text=None)),
                name="problems_explanation_text_fits_state",
            ),
        ]
