"""Curating problems: the gate before publishing, what learners get wrong, judging again."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from kb import services
from kb.admin import EntryAdmin
from kb.admin.entry import PUBLISH
from kb.errors import ContentError
from kb.forms import EntryForm, TextListField
from problems import rejudging
from problems.checking import check
from problems.errors import NoTests
from problems.judge.sandbox import Sandbox, Unavailable
from problems.models import Problem, Submission

# On the page of wrong outcomes; of each an example of so many characters.
MOST_OUTCOMES = 20
SHOWN_CHARACTERS = 4_000
SUBMISSIONS = "problems.view_submission"


class ProblemForm(EntryForm):
    hints = TextListField(paragraphs=True, help_text="Three to five, with a line --- between them.")

    class Meta:
        model = Problem
        fields = ["hints"]


@admin.register(Problem)
class ProblemAdmin(EntryAdmin):
    list_display = [*EntryAdmin.list_display, "difficulty", "home_topic"]
    list_filter = [*EntryAdmin.list_filter, "difficulty", "home_topic"]
    list_select_related = [*EntryAdmin.list_select_related, "home_topic"]
    search_fields = [*EntryAdmin.search_fields, "statement"]
    autocomplete_fields = ["home_topic", "topics", "techniques", "cases"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "summary", "teaser"]}),
        (
            "Place",
            {"fields": [("difficulty", "position"), "home_topic", "topics", "techniques", "cases"]},
        ),
        ("What the learner sees", {"fields": ["statement", "function", "worked_examples"]}),
        ("Help", {"fields": ["starter_code", "hints", "editorial"]}),
        (
            "Judging",
            {
                "fields": [
                    ("time_seconds", "memory_mb", "rtol", "atol"),
                    "reference",
                    "alternative",
                    "tests",
                    "misconceptions",
                ]
            },
        ),
        ("Rights", {"fields": [("licence", "credit")]}),
    ]

    # --- the pages beside the form -----------------------------------------------------------

    def get_urls(self):
        views = {
            "check": require_POST(self.gate),
            "outcomes": self.outcomes,
            "judge-again": self.judge_again,
        }
        urls = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=self._url_name(name))
            for name, view in views.items()
        ]
        return urls + super().get_urls()

    def more_buttons(self, request, entry):
        return [("check", "Check", self.may_edit(request))]

    def more_links(self, request, entry):
        links = []
        if entry.is_published and request.user.has_perm(SUBMISSIONS):
            links.append(("outcomes", "Wrong outcomes"))
        if entry.is_published and request.user.has_perm(PUBLISH):
            links.append(("judge-again", "Judge again"))
        return links

    def gate(self, request, pk):
        """What the gate says of it as it stands, with the kill matrix; nothing is changed."""
        problem = self._problem(request, pk, self.may_edit(request))
        try:
            report = check(services.document_of(problem))
        except (ContentError, Unavailable) as exc:
            return self._refused(request, problem, exc)
        return self._page(request, "check", problem, "Check", {"report": report})

    def outcomes(self, request, pk):
        """The most frequent wrong outcomes that nothing explains, and how often help was given."""
        problem = self._problem(request, pk, request.user.has_perm(SUBMISSIONS))
        failing = Submission.objects.failing().filter(
            problem=problem, problem_version=problem.version
        )
        unexplained = failing.filter(diagnosis__isnull=True, outcome__gt="").order_by()
        groups = unexplained.values("outcome").annotate(
            count=Count("pk"), learners=Count("owner", distinct=True), last=Max("created_at")
        )
        groups = list(groups.order_by("-count", "-last")[:MOST_OUTCOMES])
        examples = unexplained.filter(outcome__in=[group["outcome"] for group in groups])
        latest = {row.outcome: row for row in examples.order_by("created_at").defer("tests")}
        for group in groups:
            group["example"] = latest[group["outcome"]]
        figures = failing.aggregate(all=Count("pk"), helped=Count("diagnosis"))
        context = {"groups": groups, "figures": figures, "shown": SHOWN_CHARACTERS}
        return self._page(request, "outcomes", problem, "Wrong outcomes", context)

    def judge_again(self, request, pk):
        """Choose an older version; see which verdicts would change; put them in place."""
        problem = self._problem(request, pk, request.user.has_perm(PUBLISH))
        versions = rejudging.older_versions(problem)
        context = {"versions": versions}
        if request.method == "POST":
            chosen = {str(version): version for version, _ in versions}
            version = chosen.get(request.POST.get("version", ""))
            if version is None:
                raise Http404
            try:
                with Sandbox() as sandbox:
                    looked = rejudging.look(problem, version, sandbox)
            except (Unavailable, NoTests) as exc:
                return self._refused(request, problem, exc)
            if "confirm" in request.POST:
                return self._judged_again(request, problem, version, looked)
            context |= {"version": version, "looked": looked}
        return self._page(request, "judge_again", problem, "Judge again", context)

    def _judged_again(self, request, problem, version, looked):
        count = rejudging.apply(problem, looked.judged)
        sentence = (
            f"Judged again on version {problem.version}: {count} submissions of version {version};"
            f" {len(looked.changed)} verdicts changed."
        )
        self.log_change(request, problem, sentence)
        self.message_user(request, sentence, messages.SUCCESS)
        return HttpResponseRedirect(
            reverse(f"admin:{self._url_name('judge-again')}", args=[problem.pk])
        )

    def _problem(self, request, pk, allowed: bool) -> Problem:
        if not allowed:
            raise PermissionDenied
        if problem := self.get_object(request, pk):
            return problem
        raise Http404

    def _page(self, request, name: str, problem: Problem, title: str, context: dict):
        shared = self.admin_site.each_context(request) | {
            "title": f"{title}: {problem.title}",
            "opts": self.opts,
            "problem": problem,
            "change_url": self.change_url(problem),
        }
        return render(request, f"problems/admin/{name}.html", shared | context)
