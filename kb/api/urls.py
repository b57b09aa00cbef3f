from django.urls import path
from rest_framework.routers import SimpleRouter

from kb.api import views
from rest.negotiation import OneForm

router = SimpleRouter()
router.register("companies", views.CompanyViewSet, basename="api-company")
router.register("techniques", views.TechniqueViewSet, basename="api-technique")
router.register("case-studies", views.CaseStudyViewSet, basename="api-case-study")
router.register("study-plans", views.StudyPlanViewSet, basename="api-study-plan")
router.register("topics", views.TopicViewSet, basename="api-topic")
router.register("search", views.SearchViewSet, basename="api-search")

urlpatterns = [
    path(
        "case-studies/<slug:slug>.md",
        views.CaseStudyViewSet.as_view({"get": "markdown"}, content_negotiation_class=OneForm),
        name="api-case-study-markdown",
    ),
    path(
        "topics/<slug:slug>.md",
        views.TopicViewSet.as_view({"get": "markdown"}, content_negotiation_class=OneForm),
        name="api-topic-markdown",
    ),
    *router.urls,
]
