from django.urls import path
from rest_framework.routers import SimpleRouter

from problems.api import views
from problems.api.submissions import SubmissionViewSet
from rest.negotiation import OneForm

router = SimpleRouter()
router.register("problems", views.ProblemViewSet, basename="api-problem")
router.register("submissions", SubmissionViewSet, basename="api-submission")

urlpatterns = [
    path(
        "problems/<slug:slug>.md",
        views.ProblemViewSet.as_view({"get": "markdown"}, content_negotiation_class=OneForm),
        name="api-problem-markdown",
    ),
    *router.urls,
]
