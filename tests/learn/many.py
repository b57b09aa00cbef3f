"""Any number of topics, problems and case studies to choose days from, published in bulk."""

from kb.models import Card, CaseStudy, Chapter, Company, StudyPlan, Topic
from kb.models.entry import State
from problems.models import Problem

SAYS = "A sentence that says something of it, and which is long enough for a whole thought here."


def publish_many(count: int) -> None:
    """Readers see nothing but these: topic-0, problem-0, case-0, …, each problem for its topic."""
    Card.objects.all().delete()
    shared = {"summary": SAYS, "teaser": SAYS, "state": State.PUBLISHED}
    plan = StudyPlan.objects.create(slug="many", title="Many", summary=SAYS, state=State.PUBLISHED)
    chapter = Chapter.objects.create(plan=plan, slug="all", title="All")
    company = Company.objects.create(slug="many", title="Many", summary=SAYS, state=State.PUBLISHED)
    topics = Topic.objects.bulk_create(
        Topic(slug=f"topic-{n}", title=f"Topic {n}", chapter=chapter, position=n, **shared)
        for n in range(count)
    )
    problems = Problem.objects.bulk_create(
        Problem(
            **{"slug": f"problem-{n}", "title": f"Problem {n}", "home_topic": topics[n]},
            **{"position": n, "difficulty": "easy"},
            **shared,
        )
        for n in range(count)
    )
    cases = CaseStudy.objects.bulk_create(
        CaseStudy(
            **{"slug": f"case-{n}", "title": f"Case {n}", "company": company},
            **{"domain": "other", "year": 2020, "readers": SAYS},
            **shared,
        )
        for n in range(count)
    )
    place = {"plan": plan.slug, "chapter": chapter.slug, "minutes": 20, "prerequisites": []}
    cards = [_card(topic, {**place, "position": n}) for n, topic in enumerate(topics)]
    cards += [
        _card(problem, {"difficulty": "easy", "cases": [], "position": n}, [f"topic-{n}"])
        for n, problem in enumerate(problems)
    ]
    cards += [
        _card(case, {"company": "Many", "domain": "other", "year": 2020, "components": {}})
        for case in cases
    ]
    Card.objects.bulk_create(cards, batch_size=200)


def withdraw(entry) -> None:
    """As far as the digest is concerned."""
    type(entry).objects.filter(pk=entry.pk).update(state=State.DRAFT)
    Card.objects.filter(type=entry.TYPE, slug=entry.slug).delete()


def _card(entry, extra: dict, topics=()) -> Card:
    return Card(
        **{"type": entry.TYPE, "slug": entry.slug, "title": entry.title, "summary": SAYS},
        **{"url": entry.get_absolute_url(), "extra": extra, "topics": list(topics)},
        digest={"text": SAYS, "formula_html": ""},
    )
