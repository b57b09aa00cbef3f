"""A draft as readers will see it, for the frame on the admin's preview page."""

from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from kb.errors import ContentError
from kb.models import CaseStudy, Company, StudyPlan, Technique, Topic
from kb.services import preview as in_preview
from learn import digest, planning
from problems.models import Problem
from web import cases, views

PAGES = {
    CaseStudy: cases.case_study_page,
    Topic: views.topic_page,
    Problem: views.problem_page,
    StudyPlan: views.study_plan_page,
    Technique: views.technique_page,
    Company: views.company_page,
}
MODELS = {model.TYPE: model for model in PAGES}


@require_safe
@staff_member_required
@xframe_options_sameorigin
def preview(request, entry_type: str, pk: int) -> HttpResponse:
    """The reader's page of an entry in any state, to those who may see it in the admin.

    The frame is sandboxed twice, by its attribute and by this answer: the page runs in an origin
    of its own, without the cookies of the person who previews.
    """
    model = MODELS.get(entry_type)
    if model is None:
        raise Http404
    if not request.user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}"):
        raise Http404
    entry = get_object_or_404(model, pk=pk)
    # As a reader sees it, and nothing in the frame knows who looks.
    request.user = AnonymousUser()
    try:
        response = PAGES[model](request, in_preview(entry))
    except ContentError as exc:
        problems = str(exc).split("\n")
        response = render(request, "web/preview_problems.html", {"problems": problems})
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
@staff_member_required
@xframe_options_sameorigin
def preview_digest(request, date) -> HttpResponse:
    """A day of the digest that is still to come, to those who plan it; in such a frame too."""
    days = (date - digest.today()).days
    if not request.user.has_perm("learn.view_digest") or not 0 < days < planning.MOST:
        raise Http404
    # As a reader sees it, and nothing in the frame knows who looks.
    request.user = AnonymousUser()
    response = render(request, "web/preview_digest.html", {"day": digest.coming(days)[-1]})
    response["Cache-Control"] = "private, no-store"
    return response
