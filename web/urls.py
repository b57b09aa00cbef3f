from django.urls import path

import learn.converters  # noqa: F401  (registers `day`)
from web import accounts, cases, digest, progress, views, your_data
from web.guide import guide, guide_markdown
from web.llms import llms_txt
from web.numbers import numbers
from web.preview import preview, preview_digest

urlpatterns = [
    path("", views.home, name="home"),
    path("cases/", cases.case_studies, name="case-studies"),
    path("cases/compare/", cases.compare_cases, name="compare"),
    path("cases/<slug:slug>/", cases.case_study, name="case-study"),
    path("digest/", digest.archive, name="digest"),
    path("digest/today/", digest.today, name="digest-today"),
    path("digest/<day:date>/", digest.day, name="digest-day"),
    path("numbers/", numbers, name="numbers"),
    path("plans/", views.study_plans, name="study-plans"),
    path("plans/<slug:slug>/", views.study_plan, name="study-plan"),
    path("topics/<slug:slug>/", views.topic, name="topic"),
    path("topics/<slug:slug>/read/", progress.mark_topic, name="topic-read"),
    path("topics/<slug:slug>/answers/", progress.answer_topic, name="topic-answer"),
    path("progress/", progress.progress, name="progress"),
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
    path("preview/digest/<day:date>/", preview_digest, name="preview-digest"),
    path("account/data/", your_data.your_data, name="your-data"),
    path("account/deleted/", your_data.account_deleted, name="account-deleted"),
    path("sign-in/", accounts.SignIn.as_view(), name="sign-in"),
    path("sign-out/", accounts.SignOut.as_view(), name="sign-out"),
    path("sign-up/", accounts.SignUp.as_view(), name="sign-up"),
    path("password/forgotten/", accounts.ForgottenPassword.as_view(), name="forgotten-password"),
    path(
        "password/forgotten/sent/",
        accounts.forgotten_password_sent,
        name="forgotten-password-sent",
    ),
    path("password/reset/<str:secret>/", accounts.ResetPassword.as_view(), name="reset-password"),
    path("account/", accounts.account, name="account"),
    path("account/password/", accounts.change_password, name="account-password"),
    path("account/sessions/", accounts.end_sessions, name="account-sessions"),
    path("account/e-mail/", accounts.change_email, name="account-email"),
    path("account/e-mail/again/", accounts.confirm_again, name="account-email-again"),
    path("account/tokens/", accounts.make_token, name="account-tokens"),
    path("account/tokens/revoke-all/", accounts.revoke_all_tokens, name="account-tokens-revoke"),
    path("account/tokens/<slug:token_key>/", accounts.revoke_token, name="account-token-revoke"),
    # The names under which allauth looks for pages.
    path("sign-in/", accounts.SignIn.as_view(), name="account_login"),
    path("sign-up/", accounts.SignUp.as_view(), name="account_signup"),
    path(
        "account/e-mail/confirm/<str:secret>/",
        accounts.confirm_email,
        name="account_confirm_email",
    ),
]
