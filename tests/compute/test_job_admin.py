"""The admin's page of jobs: what an operator sees and does there, and who may not."""

import uuid

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from compute import runner, services
from compute.admin import MOST_RUN_AGAIN, SHOWN_CHARACTERS
from compute.models import Job
from compute.work import State
from tests.compute.client import body
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

LIST = reverse("admin:compute_job_changelist")


def submitted(n: int = 0, **fields) -> Job:
    given = body(n)
    return services.submit_job(kind=given["kind"], params=given["params"], **fields)[0]


def finished(n: int = 0, **fields) -> Job:
    job = submitted(n, **fields)
    runner.run_job(str(job.pk))
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED
    return job


def url(job: Job, name: str = "change") -> str:
    return reverse(f"admin:compute_job_{name}", args=[job.pk])


def listed(client, **query) -> set:
    response = client.get(LIST, query)
    assert response.status_code == 200
    return {job.pk for job in response.context["cl"].result_list}


def act(client, action: str, jobs) -> list[str]:
    """Choose an action on the list; the messages that come of it."""
    data = {"action": action, "_selected_action": [str(job.pk) for job in jobs]}
    return said(client.post(LIST, data))


def said(response) -> list[str]:
    assert response.status_code == 302
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.fixture
def operator(client_as, oscar):
    return client_as(oscar)


def test_the_list_shows_what_happened_and_how_long_it_took(operator, ada):
    job = finished(1, owner=ada)
    start = timezone.datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    second = timezone.timedelta(seconds=1)
    Job.objects.filter(pk=job.pk).update(
        created_at=start, started_at=start + second / 2, finished_at=start + 21.5 * second
    )
    page = operator.get(LIST).content.decode()
    for text in (str(job.pk), "Succeeded", "ada", "0.500 s", "21 s"):
        assert text in page


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"state__exact": "succeeded"}, "done"),
        ({"state__exact": "queued"}, "queued"),
        ({"error": "internal"}, "failed"),
        ({"owned": "account"}, "done"),
        ({"owned": "stranger"}, "queued"),
        ({"owned": "deleted"}, "failed"),
    ],
)
def test_filters_find_what_they_say(operator, ada, query, name):
    jobs = {
        "done": finished(1, owner=ada),
        "queued": submitted(2, client="x"),
        "failed": submitted(3),
    }
    Job.objects.filter(pk=jobs["failed"].pk).update(
        state=State.FAILED, finished_at=timezone.now(), error_code="internal"
    )
    assert listed(operator, **query) == {jobs[name].pk}


def test_a_job_is_found_by_its_id_its_request_and_its_owner(operator, api_as, ada):
    client = api_as(ada)
    pk = client.post(
        "/api/v1/compute/jobs/", body(1), format="json", headers={"X-Request-ID": "order-17"}
    ).json()["id"]
    submitted(2, client="x")
    expected = {uuid.UUID(pk)}
    for text in (pk, f" {pk.upper()} ", pk.replace("-", ""), "order-17", "ada"):
        assert listed(operator, q=text) == expected, text
    for text in ("order", "ad", "nobody", str(uuid.uuid4()), "%", "'"):
        assert listed(operator, q=text) == set(), text


def test_a_job_of_many_takes_as_many_queries_as_one(operator, ada, django_assert_max_num_queries):
    for n in range(12):
        submitted(n, client="x")
    with django_assert_max_num_queries(8):
        operator.get(LIST)


def test_the_page_of_a_job_shows_parameters_result_request_and_charts(operator):
    job = finished(1)
    Job.objects.filter(pk=job.pk).update(request_id="order-17")
    page = operator.get(url(job)).content.decode()
    for text in ("&quot;prevalence&quot;: 0.01", "order-17", "Succeeded", str(job.pk)):
        assert text in page
    for chart in job.charts:
        link = f"/api/v1/compute/jobs/{job.pk}/charts/{chart.name}.svg"
        assert f'href="{link}"' in page
        assert operator.get(link).status_code == 200


def test_the_page_of_a_failed_job_shows_its_error(operator):
    job = submitted(1)
    Job.objects.filter(pk=job.pk).update(
        state=State.FAILED,
        finished_at=timezone.now(),
        error_code="worker-lost",
        error_detail="<b>It</b> was lost.",
    )
    page = operator.get(url(job)).content.decode()
    assert "worker-lost" in page
    assert "&lt;b&gt;It&lt;/b&gt; was lost." in page


def test_what_is_large_is_cut(operator):
    job = finished(1)
    params = {"note": "n" * 100_000}
    Job.objects.filter(pk=job.pk).update(result="r" * 1_000_000, params=params)
    page = operator.get(url(job)).content.decode()
    assert "r" * SHOWN_CHARACTERS in page
    assert "r" * (SHOWN_CHARACTERS + 1) not in page
    assert "n" * (SHOWN_CHARACTERS + 1) not in page
    assert "1,000,000 characters" in page


def test_what_has_not_ended_is_cancelled_and_the_rest_is_left(operator, oscar):
    queued, done = submitted(1, client="x"), finished(2)
    assert act(operator, "cancel_selected", [queued, done]) == [
        "Cancelled: 1.",
        "1 had ended already, and stay as they are.",
    ]
    states = dict(Job.objects.values_list("pk", "state"))
    assert states == {queued.pk: State.CANCELLED, done.pk: State.SUCCEEDED}
    [entry] = LogEntry.objects.all()
    assert (entry.user, entry.object_id) == (oscar, str(queued.pk))


def test_a_running_job_is_asked_to_stop(operator):
    job = submitted(1)
    Job.objects.claim(job.pk)
    said(operator.post(url(job, "cancel")))
    job.refresh_from_db()
    assert (job.state, job.cancel_requested) == (State.RUNNING, True)


def test_run_again_makes_a_new_job_and_leaves_the_old_one(operator, ada):
    old = finished(1, owner=ada, label="mine")
    before = Job.objects.values().get(pk=old.pk)
    response = operator.post(url(old, "run-again"), headers={"X-Request-ID": "by-oscar"})
    assert said(response) == ["Submitted anew: 1."]
    new = Job.objects.exclude(pk=old.pk).get()
    assert response["Location"] == url(new)
    assert Job.objects.values().get(pk=old.pk) == before
    same = ("kind", "params", "label", "owner", "fingerprint", "version", "time_limit")
    assert all(getattr(new, name) == getattr(old, name) for name in same)
    assert (new.state, new.request_id) == (State.QUEUED, "by-oscar")
    runner.run_job(str(new.pk))
    new.refresh_from_db()
    assert new.result == old.result


def test_no_limit_holds_up_an_operator(operator, ada, settings):
    old = finished(1, owner=ada)
    settings.LIMITS = settings.LIMITS | {"waiting": "0", "compute_user": "0"}
    assert act(operator, "run_selected_again", [old]) == ["Submitted anew: 1."]


def test_a_strangers_job_stays_a_strangers(operator):
    old = finished(1, client="somebody")
    act(operator, "run_selected_again", [old])
    assert set(Job.objects.values_list("client", "owner")) == {("somebody", None)}


def test_what_cannot_be_run_again_is_told_with_its_reason(operator):
    done, queued, gone, refused = (finished(1), submitted(2), finished(3), finished(4))
    Job.objects.filter(pk=gone.pk).update(kind="no-longer-there")
    Job.objects.filter(pk=refused.pk).update(params={"prevalence": 7})
    first, *others = act(operator, "run_selected_again", [done, queued, gone, refused])
    assert first == "Submitted anew: 1."
    assert len(others) == 3
    assert all(line.startswith("1 could not be run again: ") for line in others)
    text = " ".join(others)
    for part in ("has not ended yet", "no-longer-there", "/prevalence"):
        assert part in text
    assert Job.objects.count() == 5


def test_many_at_once_are_refused_and_none_is_run(operator):
    job = finished(1)
    Job.objects.bulk_create(
        Job(
            kind=job.kind,
            version=1,
            state=State.CANCELLED,
            finished_at=timezone.now(),
            time_limit=1,
            fingerprint=str(n),
        )
        for n in range(MOST_RUN_AGAIN)
    )
    data = {"action": "run_selected_again", "_selected_action": [str(job.pk)], "select_across": 1}
    [sentence] = said(operator.post(LIST, data))
    assert f"at most {MOST_RUN_AGAIN}" in sentence
    assert Job.objects.count() == MOST_RUN_AGAIN + 1


def test_buttons_fit_the_state(operator):
    queued, done = submitted(1, client="x"), finished(2)
    page = operator.get(url(queued)).content.decode()
    assert url(queued, "cancel") in page
    assert url(queued, "run-again") not in page
    page = operator.get(url(done)).content.decode()
    assert url(done, "run-again") in page
    assert url(done, "cancel") not in page


@pytest.mark.parametrize("name", ["cancel", "run-again"])
def test_a_link_does_nothing_and_a_form_of_another_site_neither(operator, oscar, name):
    job = submitted(1, client="x")
    assert operator.get(url(job, name)).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(oscar)
    assert strict.post(url(job, name)).status_code == 403
    unknown = reverse(f"admin:compute_job_{name}", args=[uuid.uuid4()])
    assert operator.post(unknown).status_code == 404
    assert Job.objects.get().state == State.QUEUED


@pytest.mark.parametrize("who", ["cora", "ada"])
def test_curators_and_learners_see_no_jobs_and_do_nothing(request, client_as, who):
    client, job = client_as(request.getfixturevalue(who)), submitted(1, client="x")
    refused = 403 if who == "cora" else 302  # to the admin's sign-in
    assert client.get(LIST).status_code == refused
    for name in ("cancel", "run-again"):
        assert client.post(url(job, name)).status_code == refused
    data = {"action": "cancel_selected", "_selected_action": [str(job.pk)]}
    assert client.post(LIST, data).status_code == refused
    assert Job.objects.get().state == State.QUEUED


def test_whoever_may_only_look_is_offered_nothing(client, oscar):
    watcher = User.objects.create_user("watcher", password=PASSWORD, is_staff=True)
    watcher.user_permissions.add(*oscar.groups.get().permissions.filter(codename="view_job"))
    client.force_login(watcher)
    job = submitted(1, client="x")
    assert "cancel_selected" not in client.get(LIST).content.decode()
    assert url(job, "cancel") not in client.get(url(job)).content.decode()
    assert client.post(url(job, "cancel")).status_code == 403
    data = {"action": "cancel_selected", "_selected_action": [str(job.pk)]}
    assert client.post(LIST, data).status_code == 200
    assert Job.objects.get().state == State.QUEUED


def test_nobody_edits_makes_or_deletes_a_job(client_as, admin):
    client, job = client_as(admin), submitted(1, client="x")
    assert client.post(url(job), {"kind": "x"}).status_code == 403
    assert client.get(reverse("admin:compute_job_add")).status_code == 403
    assert client.post(url(job, "delete"), {"post": "yes"}).status_code == 403
    assert act(client, "cancel_selected", [job]) == ["Cancelled: 1."]
