"""What a day of the digest costs with 1,000 topics, 1,000 problems and 1,000 case studies.

python -m tests.benchmarks.days    (on an empty state folder; prints JSON)
"""

import datetime
import json
import random
import statistics
import time
from collections.abc import Callable

import django

django.setup()

from django.core.management import call_command  # noqa: E402  (after the setup)
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from kb.models import Card, Chapter, StudyPlan  # noqa: E402
from learn import digest  # noqa: E402
from learn.models import Digest  # noqa: E402

SIZE, PLANS, CHAPTERS, TECHNIQUES, COMPANIES, SEED = 1000, 10, 8, 120, 200, 6
YEARS, COMING = 10, 28
TEXT = "A sentence that somebody wrote for the digest, and long enough to say a whole thought. "
# As long as that of a real formula, and of a real text to search in.
FORMULA, PROSE = "<math>" + "<mi>x</mi>" * 150 + "</math>", TEXT * 100
COMPONENTS = {f"component-{n}": f"Component {n}" for n in range(14)}


def fill() -> None:
    call_command("migrate", verbosity=0)
    make = random.Random(SEED)
    plans = StudyPlan.objects.bulk_create(
        StudyPlan(slug=f"plan-{n}", title=f"Plan {n}", summary="", position=n) for n in range(PLANS)
    )
    Chapter.objects.bulk_create(
        Chapter(plan=plan, slug=f"chapter-{n}", title=f"Chapter {n}", position=n)
        for plan in plans
        for n in range(CHAPTERS)
    )
    techniques = [f"technique-{n}" for n in range(TECHNIQUES)]
    cards = [_card("study-plan", plan.slug) for plan in plans]
    cards += [_card("technique", slug) for slug in techniques]
    for n in range(SIZE):
        before = [f"topic-{other}" for other in range(max(0, n - 30), n)]
        topic = {
            "minutes": 30,
            "plan": f"plan-{n * PLANS // SIZE}",
            "chapter": f"chapter-{n % (SIZE // PLANS) * CHAPTERS * PLANS // SIZE}",
            "position": n % (SIZE // PLANS // CHAPTERS),
            "prerequisites": make.sample(before, min(3, n)),
        }
        problem = {
            "difficulty": make.choice(["easy", "medium", "hard"]),
            "cases": [f"case-{make.randrange(SIZE)}"],
            "position": n,
        }
        case = {
            "company": f"Company {make.randrange(COMPANIES)}",
            "domain": f"domain-{make.randrange(12)}",
            "year": 2020,
            "components": COMPONENTS,
            "links": {},
        }
        practised = [f"topic-{make.randrange(SIZE)}" for _ in range(2)]
        cards += [
            _card("topic", f"topic-{n}", make.sample(techniques, 3), [f"topic-{n}"], topic),
            _card("problem", f"problem-{n}", make.sample(techniques, 3), practised, problem),
            _card("case-study", f"case-{n}", make.sample(techniques, 10), practised, case),
        ]
    Card.objects.bulk_create(cards, batch_size=200)


def _card(type_, slug, techniques=(), topics=(), extra=None) -> Card:
    return Card(
        type=type_,
        slug=slug,
        title=slug.replace("-", " ").capitalize(),
        summary=TEXT,
        url=f"/{type_}/{slug}/",
        text=PROSE,
        techniques=list(techniques),
        topics=list(topics),
        digest={"text": TEXT * 2, "formula_html": FORMULA} if extra else {},
        extra=extra or {},
    )


def fill_years(day: datetime.date) -> None:
    """Years of days that were fixed, each with what it said."""
    says = [day_.__dict__ for day_ in digest.coming(1)]
    parts = {part: says[0][part] for part in digest.PARTS}
    kept = {"chosen": {**parts, "ties": {}, "titles": {}}, "at": "2020-01-01T00:00:00+00:00"}
    now = datetime.datetime.now(datetime.UTC)
    rows = []
    for n in range(YEARS * 365, 0, -1):
        slug, round_ = n % SIZE, YEARS * 365 // SIZE + 1 - n // SIZE
        rows.append(
            Digest(
                date=day - n * datetime.timedelta(days=1),
                topic=f"topic-{slug}",
                problem=f"problem-{slug}",
                case_study=f"case-{slug}",
                topic_round=round_,
                problem_round=round_,
                case_study_round=round_,
                parts=kept,
                fixed_at=now,
            )
        )
    Digest.objects.bulk_create(rows, batch_size=200)


def forget(day: datetime.date) -> None:
    Digest.objects.filter(date=day).delete()


def milliseconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def spread(
    call: Callable[[], object], times: int, before: Callable[[], object] = lambda: None
) -> dict[str, float]:
    found = []
    for _ in range(times):
        before()
        found.append(milliseconds(call))
    return {"best": min(found), "median": statistics.median(found), "slowest": max(found)}


def main() -> None:
    fill()
    today = digest.today()
    figures = {"first day, before it is fixed": spread(lambda: digest.day(today), 10)}
    fill_years(today)
    figures["today, before it is fixed"] = spread(lambda: digest.day(today), 10)
    figures[f"{COMING} coming days"] = spread(lambda: digest.coming(COMING), 3)
    figures["fixing today"] = spread(digest.fix_due_days, 5, lambda: forget(today))
    figures["nothing to fix"] = spread(digest.fix_due_days, 10)
    figures["today, fixed"] = spread(lambda: digest.day(today), 20)
    figures["twenty days of the archive"] = spread(lambda: digest.days()[100:120], 10)
    with CaptureQueriesContext(connection) as queries:
        digest.day(today)
    counts = {"today, fixed": len(queries)}
    forget(today)
    with CaptureQueriesContext(connection) as queries:
        digest.day(today)
    counts["today, before it is fixed"] = len(queries)
    print(json.dumps({"milliseconds": figures, "queries": counts}))


if __name__ == "__main__":
    main()
