from django.urls import re_path
from rest_framework.routers import SimpleRouter

from compute.api import views
from compute.api.datasets import DatasetViewSet
from compute.api.waiting import UUID
from rest.negotiation import OneForm

router = SimpleRouter()
router.register("kinds", views.KindViewSet, basename="kind")
router.register("jobs", views.JobViewSet, basename="job")
router.register("datasets", DatasetViewSet, basename="dataset")

urlpatterns = [
    # Not an action of the router, which would end the path of a file with a slash.
    re_path(
        rf"^jobs/(?P<pk>{UUID})/charts/(?P<name>[a-z0-9-]+)\.(?P<form>json|svg|png)$",
        views.JobViewSet.as_view({"get": "chart"}, content_negotiation_class=OneForm),
        name="job-chart",
    ),
    *router.urls,
]
