"""A small library beside the shipped one: one of each thing published, and a draft and a plan."""

from types import SimpleNamespace

import pytest
from zeal import zeal_ignore

from kb.models import CaseStudy, Chapter, Company, Example, Source, StudyPlan, Technique, Topic
from kb.models.entry import State
from kb.services import claim, record_publication, rendered
from problems.models import Problem
from tests.kb.acme import Folder
from tests.kb.evidence import CASE

STARTER = "def double(x: float) -> float:\n    return 0.0"


def published(entry):
    claim(entry)
    record_publication(entry, rendered(entry, entry.to_document()), origin="file")
    return entry


@pytest.fixture
def library(db):
    acme = published(Company.objects.create(slug="acme", title="Acme", summary="Makes anvils."))
    ranking = published(
        Technique.objects.create(
            slug="sorting-anvils", title="Sorting anvils", summary="Order.", group="Models"
        )
    )
    plan = published(StudyPlan.objects.create(slug="basics", title="Basics", summary="A start."))
    chapter = Chapter.objects.create(plan=plan, slug="belief", title="Belief")
    topic = Topic.objects.create(
        slug="a-test",
        title="A test",
        summary="What a positive test says.",
        chapter=chapter,
        outcomes=["Say what a test *means*"],
        body="## People {#people}\n\nCount $\\prior{p}$.\n\n:::figure people\n:::\n",
    )
    Example.objects.create(
        topic=topic,
        key="people",
        title="A thousand people",
        kind="diagnostic-test",
        figure="frequency-grid",
        text="Few are ill.",
        params={"prevalence": 0.01, "sensitivity": 0.9, "specificity": 0.91},
    )
    published(topic)
    planned = Topic.objects.create(
        slug="planned", title="Later", summary="Not yet.", chapter=chapter, state=State.PLANNED
    )
    case = CaseStudy.objects.create(
        slug="acme-ranker",
        title="The ranker of Acme",
        summary="How anvils are ordered.",
        company=acme,
        domain="recommendation",
        year=2020,
        lessons=["Measure *first*"],
        body="## Goal {#goal}\n\nOrder anvils [@paper].\n",
    )
    case.techniques.add(ranking)
    Source.objects.create(
        case_study=case, key="paper", title="On anvils", confidence="secondary", year=2019
    )
    published(case)
    hidden = CaseStudy.objects.create(
        slug="hidden", title="Hidden", summary="A draft.", company=acme, domain="other", year=2021
    )
    problem = Problem.objects.create(
        slug="double",
        title="Double",
        summary="Twice as much.",
        difficulty="easy",
        home_topic=topic,
        teaser="t" * 80,
        function={
            "name": "double",
            "signature": "double(x: float) -> float",
            "returns": "Twice x.",
            "raises": [],
            "parameters": [{"name": "x", "type": "float", "text": "Any number < 10."}],
        },
        worked_examples=[{"input": "double(2.0)", "output": "4.0", "explanation": ""}],
        statement="Return *twice* `x`.",
        starter_code=STARTER,
        hints=["Add something.", "Add x.", "Write x + x."],
        editorial="x + x",
        reference=STARTER,
        alternative=STARTER,
        tests="TESTS = []",
    )
    published(problem)
    return SimpleNamespace(
        company=acme,
        technique=ranking,
        plan=plan,
        topic=topic,
        planned=planned,
        case=case,
        hidden=hidden,
        problem=problem,
    )


# Beside the scorer, which it replaces: one component less, a delay of its own, no experiment.
NEWER = (
    CASE.replace("acme-scorer", "acme-newer")
    .replace("Acme scores payments", "Acme scores again")
    .replace("value = 100\n", "value = 50\n")
    .replace("100 ms", "50 ms")
    .replace('component = "event-stream"', 'component = "feature-store"')
    .replace(
        "[[questions]]",
        '[[links]]\nrelation = "supersedes"\ncase_study = "acme-scorer"\n\n[[questions]]',
    )
)


@pytest.fixture
def scorers(db, tmp_path) -> Folder:
    """Two cases with every kind of part, loaded: acme-scorer, and acme-newer that replaces it."""
    folder = Folder(tmp_path)
    folder.write("case-studies/acme-scorer.md", CASE)
    folder.load()
    folder.write("case-studies/acme-newer.md", NEWER)
    folder.load()
    return folder


@pytest.fixture
def asks_twice():
    """Django looks for a free session key, and for the account that a session is of, one by one."""
    with zeal_ignore([{"model": "sessions.Session"}, {"model": "auth.User"}]):
        yield


@pytest.fixture
def mails(settings, mailoutbox):
    """A site with a mail server, and what it sent."""
    settings.SENDS_MAIL = True
    settings.ACCOUNT_EMAIL_VERIFICATION = "optional"
    settings.DEFAULT_FROM_EMAIL = "casebook@example.org"
    settings.SITE_ADDRESS = "https://casebook.example.org"
    return mailoutbox
