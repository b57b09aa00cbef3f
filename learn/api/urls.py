from django.urls import path

from learn.api import accounts, digest, log, progress
from learn.api.export import ExportView
from rest.negotiation import OneForm

urlpatterns = [
    path("digest/", digest.DigestViewSet.as_view({"get": "list"}), name="api-digest"),
    path("digest/today/", digest.DigestViewSet.as_view({"get": "today"}), name="api-digest-today"),
    path(
        "digest/feed.atom",
        digest.DigestViewSet.as_view({"get": "feed"}, content_negotiation_class=OneForm),
        name="api-digest-feed",
    ),
    path(
        "digest/<str:date>/",
        digest.DigestViewSet.as_view({"get": "retrieve"}),
        name="api-digest-day",
    ),
    path("auth/token/", accounts.TokenView.as_view(), name="api-token"),
    path("me/", accounts.MeView.as_view(), name="api-me"),
    path("me/progress/", progress.ProgressView.as_view(), name="api-progress"),
    path("me/topics/<slug:slug>/", progress.TopicView.as_view(), name="api-my-topic"),
    path("me/topics/<slug:slug>/answers/", progress.AnswersView.as_view(), name="api-answers"),
    path("me/log/", log.LogViewSet.as_view({"get": "list"}), name="api-log"),
    path("me/export/", ExportView.as_view(), name="api-me-export"),
]
