"""A learner's own progress: its page, the marks that it leaves on other pages, and their forms.

A stranger's pages are the same as if there were none of this.
"""

import re
from collections.abc import Callable, Iterable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_POST, require_safe

from kb.models import Topic
from learn.errors import InvalidProgress
from learn.models import CheckAnswer
from learn.progress import (
    Progress,
    answer_question,
    progress_of,
    put_topic,
    reading_of_all,
    section_keys,
    standing_with,
)

KINDS = {"case-study": "Case study", "problem": "Problem", "topic": "Topic"}
CHOICES = {"true": True, "false": False}
# Where something that folds begins and ends, in the HTML of a topic; questions have a key.
FOLDS = re.compile(r'<details(?: class="question" id="(q-[0-9a-f]+)")?[^>]*>|</summary>|</details>')


def personal(view: Callable) -> Callable:
    """A page that shows what belongs to its reader: signed in, nobody keeps it."""

    @wraps(view)
    def answer(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        if request.user.is_authenticated:
            patch_cache_control(response, private=True, no_store=True)
        return response

    return answer


# --- the page of one's own -----------------------------------------------------------------------


@require_safe
@login_required
@personal
def progress(request):
    mine = progress_of(request.user)
    touched = [topic for topic in mine.topics if topic.updated_at]
    answered = [topic for topic in touched if topic.questions.answered]
    return render(
        request,
        "web/progress.html",
        {
            "progress": mine,
            "is_new": mine.is_new,
            "steps": [(KINDS[step.type], step) for step in mine.next],
            "begun": sorted(
                (topic for topic in touched if topic.state == "reading"),
                key=lambda topic: topic.updated_at,
                reverse=True,
            ),
            "plans": plans_with_begun(mine),
            "read": sum(topic.is_done for topic in mine.topics),
            "problems": sorted(
                mine.tried, key=lambda one: (one.last_at is not None, one.last_at), reverse=True
            ),
            "answered": answered,
            "answers": sum(topic.questions.answered for topic in answered),
            "right": sum(topic.questions.right for topic in answered),
        },
    )


def plans_with_begun(mine: Progress) -> list[tuple]:
    """Each plan that has topics, and whether anything in it was begun; those first that were."""
    begun = {topic.plan for topic in mine.topics if topic.state != "unread"}
    plans = [(plan, plan.slug in begun) for plan in mine.plans if plan.total]
    return sorted(plans, key=lambda pair: not pair[1])


# --- marks on other pages ------------------------------------------------------------------------


def go_on(user) -> dict:
    """What the home page offers a learner to go on with."""
    if not user.is_authenticated:
        return {}
    mine = progress_of(user)
    return {
        "go_on": mine.next[0] if mine.next else None,
        "is_new": mine.is_new,
    }


def mark_topics(user, topics: Iterable[Topic]) -> None:
    """Give each its `standing`: how far the learner has come with it."""
    standings = {topic.slug: topic for topic in reading_of_all(user).topics}
    for topic in topics:
        topic.standing = standings.get(topic.slug)


def is_read(topic: Topic) -> bool:
    return topic.standing is not None and topic.standing.is_done


def read_by_plan(user) -> dict[str, int]:
    """How many topics of each plan a learner has read."""
    if not user.is_authenticated:
        return {}
    return {plan.slug: plan.done for plan in reading_of_all(user).plans}


def reading_of(request, topic: Topic) -> dict:
    """What the page of a topic shows of its reader, in place of what it shows a stranger."""
    if not (request.user.is_authenticated and topic.is_published):
        return {}
    html = topic.rendered["html"]
    if topic.rendered["questions"]:
        answers = CheckAnswer.objects.of(request.user).filter(topic=topic)
        html = with_answers(html, request, topic, {answer.question: answer for answer in answers})
    return {
        "reading": standing_with(request.user, topic).topic,
        "rendered": {**topic.rendered, "html": html},
    }


def with_answers(html: str, request, topic: Topic, answers: dict[str, CheckAnswer]) -> str:
    """The text with, in each question, what was answered last and a form to answer it."""
    parts, copied, open_folds = [], 0, []
    for found in FOLDS.finditer(html):
        mark = found[0]
        if mark.startswith("<details"):
            open_folds.append(found[1])
            continue
        key = open_folds[-1]
        if mark == "</details>":
            open_folds.pop()
        if key is None:
            continue
        part = "said" if mark == "</summary>" else "form"
        context = {"part": part, "topic": topic, "key": key, "answer": answers.get(key)}
        parts += [
            html[copied : found.start()],
            render_to_string("web/progress_answer.html", context, request),
        ]
        copied = found.start()
    return "".join([*parts, html[copied:]])


# --- forms ---------------------------------------------------------------------------------------


def choice_in(request, name: str) -> bool:
    try:
        return CHOICES[request.POST.get(name)]
    except KeyError:
        raise BadRequest(f"The form has no {name!r} that is true or false.") from None


@require_POST
def mark_topic(request, slug):
    """Mark a whole topic as read or as not read."""
    topic = get_object_or_404(Topic.objects.published(), slug=slug)
    address = topic.get_absolute_url()
    if not request.user.is_authenticated:
        return redirect_to_login(address)
    done = choice_in(request, "done")
    put_topic(request.user, topic, section_keys(topic) if done else [], done)
    # What is not read begins at its beginning.
    return redirect(f"{address}#your-reading" if done else address)


@require_POST
def answer_topic(request, slug):
    """Keep how a question was answered, without JavaScript: its form posts here."""
    topic = get_object_or_404(Topic.objects.published(), slug=slug)
    question = request.POST.get("question", "")
    back = f"{topic.get_absolute_url()}#{question}"
    if not request.user.is_authenticated:
        return redirect_to_login(back)
    try:
        answer_question(request.user, topic, question, choice_in(request, "correct"))
    except InvalidProgress:
        raise Http404("This topic has no such question.") from None
    return redirect(back)
