"""The pages that readers see. They read published rows and what publishing rendered, no more."""

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from kb.cards import Cards, Related
from kb.models import CaseStudy, Company, State, StudyPlan, Technique, Topic
from kb.search import find
from learn import digest
from problems.errors import HintNotDue
from problems.models import Problem
from problems.services import reveal_hint, revealed_hints
from rest.health import judge_trouble
from web.progress import go_on, is_read, mark_topics, personal, read_by_plan, reading_of
from web.rows import ENTRY_FIELDS, case_list, groups_of

TOPIC_FIELDS = [*ENTRY_FIELDS, "state", "minutes", "position", "chapter"]
PROBLEM_FIELDS = [*ENTRY_FIELDS, "difficulty", "function"]
MOST_ON_HOME = 4
MOST_HITS = 50
LABELS = {
    "case-study": "Case study",
    "company": "Company",
    "problem": "Problem",
    "study-plan": "Study plan",
    "technique": "Technique",
    "topic": "Topic",
}


@require_safe
@personal
def home(request):
    topics = Topic.objects.published().select_related("chapter__plan")
    return render(
        request,
        "web/home.html",
        {
            **go_on(request.user),
            "day": digest.day(digest.today()),
            "cases": case_list()[:MOST_ON_HOME],
            "topics": topics.only(*TOPIC_FIELDS, "chapter__plan__title")[:MOST_ON_HOME],
            "problems": Problem.objects.published().only(*PROBLEM_FIELDS)[:MOST_ON_HOME],
        },
    )


@require_safe
@personal
def study_plans(request):
    plans = StudyPlan.objects.published().only(*ENTRY_FIELDS, "position")
    topics = (
        Topic.objects.resolvable()
        .select_related("chapter")
        .only("state", "minutes", "chapter__plan")
    )
    by_plan = {plan.pk: [] for plan in plans}
    for topic_ in topics:
        by_plan.get(topic_.chapter.plan_id, []).append(topic_)
    read = read_by_plan(request.user)
    rows = []
    for plan in plans:
        written = [topic_ for topic_ in by_plan[plan.pk] if topic_.is_published]
        rows.append(
            {
                "plan": plan,
                "topic_count": len(by_plan[plan.pk]),
                "ready": len(written),
                "read": read.get(plan.slug, 0),
                "minutes": sum(topic_.minutes for topic_ in written),
            }
        )
    context = {"section": "plans", "plans": rows, "is_marked": request.user.is_authenticated}
    return render(request, "web/plans.html", context)


@require_safe
@personal
def study_plan(request, slug):
    return study_plan_page(request, get_object_or_404(StudyPlan.objects.published(), slug=slug))


def study_plan_page(request, plan):
    """The page of a plan, published or in preview."""
    # Topics hang on the chapters of the published plan, and a draft has chapters of its own.
    found = Topic.objects.resolvable().filter(
        chapter__plan__slug=plan.slug, chapter__plan__draft_of=None
    )
    topics = {}
    for topic_ in found.select_related("chapter").only(*TOPIC_FIELDS, "chapter__slug"):
        topics.setdefault(topic_.chapter.slug, []).append(topic_)
    chapters = [
        {
            "chapter": chapter,
            "written": [t for t in topics.get(chapter.slug, []) if t.is_published],
            "planned": sum(t.state == State.PLANNED for t in topics.get(chapter.slug, [])),
        }
        for chapter in plan.chapters.all()
    ]
    written = [topic_ for chapter in chapters for topic_ in chapter["written"]]
    is_marked = request.user.is_authenticated and plan.is_published
    if is_marked:
        mark_topics(request.user, written)
        for chapter in chapters:
            chapter["read"] = sum(is_read(topic_) for topic_ in chapter["written"])
    return render(
        request,
        "web/plan.html",
        {
            "section": "plans",
            "plan": plan,
            "rendered": plan.rendered,
            "chapters": chapters,
            "ready": len(written),
            "is_marked": is_marked,
            "read": sum(chapter["read"] for chapter in chapters) if is_marked else None,
            "minutes": sum(topic_.minutes for topic_ in written),
        },
    )


@require_safe
@personal
def topic(request, slug):
    entry = get_object_or_404(
        Topic.objects.published()
        .select_related("chapter__plan")
        .prefetch_related(
            "references",
            Prefetch("prerequisites", queryset=Topic.objects.resolvable().only(*TOPIC_FIELDS)),
        ),
        slug=slug,
    )
    return topic_page(request, entry)


def topic_page(request, entry):
    """The page of a topic, published or in preview."""
    plan = entry.chapter.plan
    order = list(Topic.objects.published().filter(chapter__plan=plan).only("slug", "title"))
    slugs = [other.slug for other in order]
    if entry.slug not in slugs:
        order, slugs = [*order, entry], [*slugs, entry.slug]
    place = slugs.index(entry.slug)
    cards = Cards()
    mine = reading_of(request, entry)
    read = mine["reading"].sections_read if mine else []
    outline = [
        {"key": part["key"], "title": part["title"], "read": part["key"] in read}
        for part in entry.rendered["sections"]
    ]
    if entry.references.all():
        outline.append({"key": "sources", "title": "Sources"})
    return render(
        request,
        "web/topic.html",
        {
            "section": "plans",
            "topic": entry,
            "plan": plan,
            "rendered": entry.rendered,
            "outline": outline,
            "outline_note": f"Topic {place + 1} of {len(order)} in {plan.title}",
            "references": entry.references.all(),
            "prerequisites": entry.prerequisites.all(),
            "techniques": cards.techniques_of(Topic.TYPE, entry.slug),
            "groups": groups_of(cards.near(Topic.TYPE, entry.slug)),
            "previous": order[place - 1] if place else None,
            "next": order[place + 1] if place + 1 < len(order) else None,
            **mine,
        },
    )


@require_safe
@personal
def problems(request):
    entries = Problem.objects.published().only(*PROBLEM_FIELDS)
    if request.user.is_authenticated:
        entries = entries.with_status(request.user)
    return render(request, "web/problems.html", {"section": "problems", "problems": entries})


@require_safe
def problem(request, slug):
    published = Topic.objects.published().only(*ENTRY_FIELDS)
    entry = get_object_or_404(
        Problem.objects.published()
        .select_related("home_topic")
        .prefetch_related(
            Prefetch("topics", queryset=published),
            Prefetch("cases", queryset=CaseStudy.objects.published().only(*ENTRY_FIELDS)),
        ),
        slug=slug,
    )
    return problem_page(request, entry)


def problem_page(request, entry):
    """The page of a problem, published or in preview."""
    hints = entry.rendered["hints"]
    revealed = revealed_hints(request.user, entry)
    background = [entry.home_topic] if entry.home_topic.is_published else []
    return render(
        request,
        "web/problem.html",
        {
            "section": "problems",
            "problem": entry,
            "function": entry.function,
            "rendered": entry.rendered,
            "hint_count": len(hints),
            "revealed_hints": [
                {"number": number, "html": hints[number - 1]} for number in revealed
            ],
            "next_hint": len(revealed) + 1 if len(revealed) < len(hints) else None,
            "topics": [*background, *entry.topics.all()],
            "cases": entry.cases.all(),
            "judge_trouble": judge_trouble(),
        },
    )


@require_POST
@login_required
def problem_hint(request, slug, number):
    """Reveal a hint without JavaScript: the form of the problem's page posts here."""
    entry = get_object_or_404(Problem.objects.published(), slug=slug)
    if not 1 <= number <= len(entry.hints):
        raise Http404("This problem has no such hint.")
    try:
        reveal_hint(request.user, entry, number)
    except HintNotDue:
        return redirect(f"{entry.get_absolute_url()}#hints")
    return redirect(f"{entry.get_absolute_url()}#hint-{number}")


@require_safe
def technique(request, slug):
    return technique_page(request, get_object_or_404(Technique.objects.published(), slug=slug))


def technique_page(request, entry):
    """The page of a technique, published or in preview."""
    about = [Related(card) for card in Cards().about(technique=entry.slug)]
    context = {"technique": entry, "groups": groups_of(about)}
    return render(request, "web/technique.html", context)


@require_safe
def company(request, slug):
    return company_page(request, get_object_or_404(Company.objects.published(), slug=slug))


def company_page(request, entry):
    """The page of a company, published or in preview."""
    cases = case_list().filter(company__slug=entry.slug)
    context = {"section": "cases", "company": entry, "cases": cases}
    return render(request, "web/company.html", context)


@require_safe
def search(request):
    query = " ".join(request.GET.get("q", "").split())
    found = find(query, [], size=MOST_HITS)
    context = {
        "query": query,
        "found": found,
        "results": [(hit, LABELS.get(hit.type, "")) for hit in found.hits],
        "corrected": " ".join(found.words) if found.is_corrected else "",
    }
    return render(request, "web/search.html", context)
