from django.urls import path
from rest_framework.routers import SimpleRouter

from problems.api import views

router = SimpleRouter()
router.register("problems", views.ProblemViewSet, basename="api-problem")

urlpatterns = [
    path(
        "problems/<slug:slug>.md",
        views.ProblemViewSet.as_view({"get": "markdown"}),
        name="api-problem-markdown",
    ),
    *router.urls,
]
