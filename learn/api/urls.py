from django.urls import path

from learn.api import accounts
from learn.api.export import ExportView

urlpatterns = [
    path("auth/token/", accounts.TokenView.as_view(), name="api-token"),
    path("me/", accounts.MeView.as_view(), name="api-me"),
    path("me/export/", ExportView.as_view(), name="api-me-export"),
]
