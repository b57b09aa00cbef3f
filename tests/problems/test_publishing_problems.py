"""The gate before publish in the admin, judging again, and what curators learn of learners."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from kb import services
from kb.errors import CannotPublish
from problems.models import Problem, StoredTests, Submission
from tests.kb.admin_forms import url
from tests.problems.client import CODE, SLUG, judged, submit

pytestmark = pytest.mark.usefixtures("shipped")


@pytest.fixture
def problem():
    return Problem.objects.get(slug=SLUG, draft_of=None)


def draft_of(problem, author, **changes) -> Problem:
    draft = services.start_draft(problem, author)
    for name, value in changes.items():
        setattr(draft, name, value)
    draft.save()
    return draft


def page_after(client, name: str, entry, **data) -> str:
    return client.post(url(name, entry), data, follow=True).content.decode()


def test_what_the_gate_lets_through_is_published_with_its_tests(problem, admin, client_as):
    draft = draft_of(problem, admin, title="Another title")
    assert "Published as revision 2" in page_after(client_as(admin), "publish", draft)
    stored = StoredTests.objects.get()
    assert (stored.problem, stored.version) == (problem, 2)
    assert Problem.objects.get(pk=problem.pk).title == "Another title"


def test_what_the_gate_refuses_is_not_published_and_says_why(problem, admin, client_as):
    draft = draft_of(problem, admin, alternative=problem.starter_code)
    page = page_after(client_as(admin), "publish", draft)
    assert "alternative.py is not accepted." in page
    problem.refresh_from_db()
    assert problem.version == 1
    assert not StoredTests.objects.exists()
    with pytest.raises(CannotPublish, match=r"alternative\.py is not accepted"):
        services.publish(draft, admin)


def test_where_code_cannot_be_run_safely_no_problem_is_published(
    problem, admin, client_as, monkeypatch
):
    monkeypatch.setattr("problems.judge.sandbox.missing_from_kernel", lambda: "It needs Landlock.")
    draft, client = draft_of(problem, admin), client_as(admin)
    for name in ("publish", "check"):
        assert "It needs Landlock." in page_after(client, name, draft)
    problem.refresh_from_db()
    assert problem.version == 1


def test_a_check_shows_the_kill_matrix_and_changes_nothing(problem, cora, client_as):
    client = client_as(cora)
    assert 'name="check"' in client.get(url("change", problem)).content.decode()
    page = client.post(url("check", problem)).content.decode()
    assert "The gate lets it through." in page
    assert 'id="kill-matrix"' in page
    for mistake in problem.misconceptions:
        assert mistake["id"] in page
    assert page.count("×") >= len(problem.misconceptions)
    assert client.get(url("check", problem)).status_code == 405
    assert not StoredTests.objects.exists()


def test_a_check_of_a_draft_says_what_is_wrong_with_it(problem, cora, client_as):
    draft = draft_of(problem, cora, misconceptions=problem.misconceptions[:0])
    page = client_as(cora).post(url("check", draft)).content.decode()
    assert "There is no misconception" in page
    assert "The gate lets it through." not in page


# --- judging again -------------------------------------------------------------------------------


@pytest.fixture
def learner(api_as, ada, settings):
    settings.LIMITS = settings.LIMITS | {"waiting": "off"}
    return api_as(ada)


def publish_other_tests(problem, admin) -> None:
    """A version that asks for twice of what the first one asks for; past the gate."""
    problem.reference = doubled(problem.reference)
    document = problem.to_document()
    made = services.rendered(problem, document)
    services.claim(problem)
    services.record_publication(problem, made, author=admin, origin="admin")


def doubled(code: str) -> str:
    """The same function, whose every result is twice as large."""
    return (
        code.replace("def disease_posterior(", "def once(")
        + "\n\n\ndef disease_posterior(prevalence: float, sensitivity: float, specificity: float,"
        + " positive: bool = True) -> float:\n"
        + "    return 2 * once(prevalence, sensitivity, specificity, positive)\n"
    )


def test_judging_again_shows_what_would_change_and_then_changes_it(
    problem, admin, bob, client_as, learner, api_as, judge
):
    right, wrong = submit(learner, problem.reference), submit(learner, CODE)
    doubles = submit(api_as(bob), doubled(problem.reference))
    pks = [response.json()["id"] for response in (right, wrong, doubles)]
    before = {pk: judge(pk).verdict for pk in pks}
    assert list(before.values()) == ["accepted", "wrong_answer", "wrong_answer"]
    publish_other_tests(problem, admin)
    client, page_url = client_as(admin), url("judge-again", problem)
    page = client.get(page_url).content.decode()
    assert "Version 1, 3 submissions" in page

    page = client.post(page_url, {"version": "1"}).content.decode()
    assert "2 verdicts would change" in page
    assert (pks[0] in page, pks[1] in page, pks[2] in page) == (True, False, True)
    assert {pk: Submission.objects.get(pk=pk).verdict for pk in pks} == before
    assert set(Submission.objects.values_list("problem_version", flat=True)) == {1}

    page = client.post(page_url, {"version": "1", "confirm": ""}, follow=True).content.decode()
    assert "3 submissions of version 1; 2 verdicts changed." in page
    rows = {str(row.pk): row for row in Submission.objects.all()}
    assert [rows[pk].verdict for pk in pks] == ["wrong_answer", "wrong_answer", "accepted"]
    assert {row.problem_version for row in rows.values()} == {2}
    assert {row.state for row in rows.values()} == {"succeeded"}
    assert rows[pks[2]].score == 1.0
    assert LogEntry.objects.filter(change_message__contains="2 verdicts changed").exists()
    assert "No submission of an older version is left." in client.get(page_url).content.decode()


def test_what_was_submitted_to_an_older_version_is_judged_on_that_one(
    problem, admin, learner, judge
):
    pk = submit(learner, problem.reference).json()["id"]
    publish_other_tests(problem, admin)
    row = judge(pk)
    assert (row.problem_version, row.verdict) == (1, "accepted")
    newer = judge(submit(learner, Submission.objects.get(pk=pk).code).json()["id"])
    assert (newer.problem_version, newer.verdict) == (2, "wrong_answer")


def test_a_version_without_submissions_is_not_judged_again(problem, admin, client_as):
    for version in ("1", "7", "x", ""):
        response = client_as(admin).post(url("judge-again", problem), {"version": version})
        assert response.status_code == 404


# --- wrong outcomes, and who may ------------------------------------------------------------------


def test_wrong_outcomes_that_nothing_explains_are_counted(problem, ada, bob, cora, client_as):
    for owner in (ada, ada, bob):
        judged(owner, "wrong_answer", outcome="a" * 32, code="# frequent")
    judged(bob, "runtime_error", outcome="b" * 32, code="# <rare>")
    judged(bob, "wrong_answer", outcome="c" * 32, code="# explained", diagnosis={"title": "x"})
    judged(bob, "time_limit", code="# slow")
    judged(ada, code="# right")
    judged(ada, "wrong_answer", outcome="d" * 32, code="# old", problem_version=99)
    page = client_as(cora).get(url("outcomes", problem)).content.decode()
    assert "Of 6 failing submissions of version 1, 1 got a diagnosis (17 %)." in page
    assert "3 submissions of 2 learners" in page
    assert page.index("# frequent") < page.index("# &lt;rare&gt;")
    for absent in ("# explained", "# slow", "# right", "# old"):
        assert absent not in page


def test_a_problem_that_nobody_failed_has_no_wrong_outcomes(problem, cora, client_as):
    page = client_as(cora).get(url("outcomes", problem)).content.decode()
    assert "Of 0 failing submissions" in page
    assert "There is no wrong outcome without an explanation." in page


def test_submissions_are_shown_in_the_admin_and_never_edited(ada, cora, client_as):
    row = judged(ada, "wrong_answer", code="print('<b>')", tests=[{"name": "one"}])
    client = client_as(cora)
    listing = reverse("admin:problems_submission_changelist")
    for query in ("", "?q=ada", f"?q={row.pk}", "?q=nobody", "?verdict__exact=wrong_answer"):
        assert client.get(listing + query).status_code == 200
    page = client.get(url("change", row)).content.decode()
    assert "print(&#x27;&lt;b&gt;&#x27;)" in page
    assert "one" in page
    assert client.post(url("change", row), {"verdict": "accepted"}).status_code == 403
    assert client.get(reverse("admin:problems_submission_add")).status_code == 403
    assert client.post(url("delete", row), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("who", "check", "outcomes", "again"),
    [("cora", 200, 200, 403), ("rita", 200, 200, 200), ("oscar", 403, 403, 403)],
)
def test_roles(request, problem, client_as, who, check, outcomes, again):
    client = client_as(request.getfixturevalue(who))
    assert client.post(url("check", problem)).status_code == check
    assert client.get(url("outcomes", problem)).status_code == outcomes
    assert client.get(url("judge-again", problem)).status_code == again


def test_a_learner_reaches_none_of_it(problem, ada, client_as):
    client = client_as(ada)
    for name in ("check", "outcomes", "judge-again"):
        assert client.post(url(name, problem)).status_code == 302
    assert client.get(reverse("admin:problems_submission_changelist")).status_code == 302
