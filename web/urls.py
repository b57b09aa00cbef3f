from django.urls import path

from web import cases, views
from web.guide import guide, guide_markdown
from web.llms import llms_txt
from web.numbers import numbers
from web.preview import preview

urlpatterns = [
    path("", views.home, name="home"),
    path("cases/", cases.case_studies, name="case-studies"),
    path("cases/compare/", cases.compare_cases, name="compare"),
    path("cases/<slug:slug>/", cases.case_study, name="case-study"),
    path("numbers/", numbers, name="numbers"),
    path("plans/", views.study_plans, name="study-plans"),
    path("plans/<slug:slug>/", views.study_plan, name="study-plan"),
    path("topics/<slug:slug>/", views.topic, name="topic"),
    path("problems/", views.problems, name="problems"),
    path("problems/<slug:slug>/", views.problem, name="problem"),
    path("problems/<slug:slug>/hints/<int:number>/", views.problem_hint, name="problem-hint"),
    path("techniques/<slug:slug>/", views.technique, name="technique"),
    path("companies/<slug:slug>/", views.company, name="company"),
    path("search/", views.search, name="search"),
    path("guide/<slug:name>/", guide, name="guide"),
    path("guide/<slug:name>.md", guide_markdown, name="guide-markdown"),
    path("llms.txt", llms_txt, name="llms"),
    path("preview/<slug:entry_type>/<int:pk>/", preview, name="preview"),
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", views.SignOut.as_view(), name="sign-out"),
]
