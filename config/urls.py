from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from compute.api.metrics import MetricsView
from config.api import NothingHereView, RootView
from rest.health import healthz, readyz

api = [
    path("", RootView.as_view(), name="api-root"),
    path("", include("kb.api.urls")),
    path("", include("problems.api.urls")),
    path("", include("learn.api.urls")),
    path("compute/", include("compute.api.urls")),
]

handler400 = "config.api.bad_request"
handler500 = "config.api.server_error"

urlpatterns = [
    path("api/v1/", include(api)),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path(
        "api/docs/",
        SpectacularSwaggerView.as_view(url_name="api-schema", http_method_names=["get", "head"]),
        name="api-docs",
    ),
    re_path(r"^api/", NothingHereView.as_view()),
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", MetricsView.as_view()),
    path("admin/", admin.site.urls),
    path("", include("web.urls")),
]
