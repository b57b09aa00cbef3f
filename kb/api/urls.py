from django.urls import path
from rest_framework.routers import SimpleRouter

from kb.api import cases, claims, exports, views
from rest.negotiation import OneForm

router = SimpleRouter()
router.register("companies", views.CompanyViewSet, basename="api-company")
router.register("techniques", views.TechniqueViewSet, basename="api-technique")
router.register("case-studies", cases.CaseStudyViewSet, basename="api-case-study")
router.register("claims", claims.ClaimViewSet, basename="api-claim")
router.register("quantities", claims.QuantityViewSet, basename="api-quantity")
router.register("components", claims.ComponentTypeViewSet, basename="api-component")
router.register("units", claims.UnitViewSet, basename="api-unit")
router.register("study-plans", views.StudyPlanViewSet, basename="api-study-plan")
router.register("topics", views.TopicViewSet, basename="api-topic")
router.register("search", views.SearchViewSet, basename="api-search")


def one_form(route: str, viewset, action: str, name: str):
    """A path that names its form."""
    view = viewset.as_view({"get": action}, content_negotiation_class=OneForm)
    return path(route, view, name=name)


urlpatterns = [
    one_form(
        "case-studies/<slug:slug>.md",
        cases.CaseStudyViewSet,
        "markdown",
        "api-case-study-markdown",
    ),
    one_form(
        "case-studies/<slug:slug>/architecture.svg",
        cases.CaseStudyViewSet,
        "architecture",
        "api-case-study-architecture",
    ),
    one_form("topics/<slug:slug>.md", views.TopicViewSet, "markdown", "api-topic-markdown"),
    *(
        one_form(
            f"exports/{name}.{form}",
            exports.ExportViewSet,
            f"{name.replace('-', '_')}_{form}",
            f"api-export-{name}-{form}",
        )
        for name, form in [
            *(("case-studies", "csv"), ("case-studies", "jsonl")),
            *(("claims", "csv"), ("claims", "jsonl")),
            *(("sources", "csv"), ("sources", "jsonl"), ("sources", "bib")),
        ]
    ),
    *router.urls,
]
