"""Deleting an account deletes all that is its owner's, and nothing that is not."""

import datetime
import threading

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client
from django.utils import timezone

from compute import runner, uploads, work
from compute.models import Dataset, Item, Job
from compute.services import submit_job
from kb.models import Revision, Topic
from learn.deletion import NOBODY, delete_account, delete_accounts
from learn.errors import LastSuperuser
from problems.models import Explanation, Submission
from rest.models import IdempotencyKey
from tests.belongings import (
    MAKERS,
    NEVER_USED,
    SECRET,
    SHARED,
    Belongings,
    gone,
    job_of,
    relations,
    where,
    written_down,
)
from tests.conftest import PASSWORD
from tests.problems.client import judged

ME = "/api/v1/me/"
PAGE = "/account/data/"
USERS = "/admin/auth/user/"
# What stays when its owner goes, and loses the name.
STAYS = {
    "admin.LogEntry.user": "the log says what was done, for whoever asks long after",
    "compute.Job.owner": "a result is a function of its parameters, which anybody may ask for",
    "kb.Company.author": "the work of a curator is the site's",
    "kb.Technique.author": "the work of a curator is the site's",
    "kb.StudyPlan.author": "the work of a curator is the site's",
    "kb.Topic.author": "the work of a curator is the site's",
    "kb.CaseStudy.author": "the work of a curator is the site's",
    "problems.Problem.author": "the work of a curator is the site's",
    "kb.Revision.author": "what was published is history",
    "kb.Revision.reviewer": "what was published is history",
}
pytestmark = pytest.mark.usefixtures(
    "shipped", "media", "two_accounts_in_one_request", "types_are_not_known_yet"
)


# --- What goes, and what stays --------------------------------------------------------------------


def test_each_way_to_be_somebodys_goes_or_has_a_reason_to_stay(things):
    assert set(relations()) == set(MAKERS) | set(NEVER_USED)
    delete_account(things.owner)
    left = {
        name
        for name, row in things.rows.items()
        if type(row)._base_manager.filter(pk=row.pk).exists()
    }
    assert left == set(STAYS)


def test_no_word_of_it_is_left_in_any_table(things):
    assert where(SECRET)
    delete_account(things.owner)
    assert where(SECRET) == []
    assert where(f"{things.owner.password}") == []


def test_the_name_is_left_in_no_table(things):
    things.owner.username = f"{SECRET}-name"
    things.owner.save()
    user_type = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=User.objects.create_superuser("root"),
        content_type=user_type,
        object_id=str(things.owner.pk),
        object_repr=str(things.owner),
        action_flag=DELETION,
    )
    delete_account(things.owner)
    assert where(f"{SECRET}-name") == []
    assert LogEntry.objects.get(content_type=user_type).object_repr == NOBODY


def test_what_stays_has_no_name(things):
    delete_account(things.owner)
    assert {row.author for row in Revision.objects.filter(slug__startswith=SHARED)} == {None}
    assert Topic.objects.get(slug=f"{SHARED}-topic").author is None
    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.object_repr) == (NOBODY, f"{SHARED} in the log")


def test_nobody_ever_signs_in_as_the_one_who_stands_for_the_deleted(things, client):
    delete_account(things.owner)
    nobody = User.objects.get(username=NOBODY)
    assert not nobody.is_active
    assert not nobody.has_usable_password()
    assert not nobody.is_staff


def test_of_two_curators_the_log_is_kept_under_one_name(things, bob):
    LogEntry.objects.create(
        user=bob, content_type=None, object_id="1", object_repr="x", action_flag=1
    )
    delete_accounts([things.owner, bob])
    assert set(LogEntry.objects.values_list("user__username", flat=True)) == {NOBODY}


def test_a_learner_leaves_nobody_behind(ada):
    delete_account(ada)
    assert not User.objects.exists()


def test_a_job_that_succeeded_stays_without_owner_label_and_client(things):
    delete_account(things.owner)
    job = Job.objects.get()
    assert job.pk == things.job.pk
    assert (job.owner, job.label, job.client, job.request_id) == (None, None, "", "")
    assert job.result_data == {"note": SHARED}


@pytest.mark.parametrize("state", ["queued", "running", "failed"])
def test_a_job_that_did_not_succeed_goes(ada, state):
    job_of(ada, state)
    delete_account(ada)
    assert not Job.objects.exists()


def test_the_files_of_datasets_go_with_the_account(
    things, media, django_capture_on_commit_callbacks
):
    kept = uploads.path_of(things.dataset.pk)
    assert kept.exists()
    with django_capture_on_commit_callbacks(execute=True):
        delete_account(things.owner)
        # Not before it is sure that the account goes.
        assert kept.exists()
    assert list(media.rglob("*.npz")) == []


def test_a_dataset_that_has_expired_goes_too(things, django_capture_on_commit_callbacks):
    Dataset.objects.update(expires_at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        delete_account(things.owner)
    assert not uploads.path_of(things.dataset.pk).exists()


def test_the_keys_of_requests_that_began_its_work_go(things):
    until = timezone.now() + datetime.timedelta(hours=1)
    made = [things.submission.pk, things.job.pk, things.submission.explanation.pk]
    other = job_of(None, client="c" * 32)
    for number, pk in enumerate([*made, other.pk]):
        IdempotencyKey.objects.create(key=str(number), body="b", made=pk, until=until)
    delete_account(things.owner)
    assert [key.made for key in IdempotencyKey.objects.all()] == [other.pk]


def test_the_things_of_others_stay_as_they_are(things, bob, media):
    submission = judged(bob, code="b = 1")
    job_of(bob, "running", label="mine")
    before = written_down(Belongings(bob))
    delete_account(things.owner)
    assert written_down(Belongings(bob)) == before
    assert Submission.objects.get() == submission


def test_every_session_of_the_account_ends_and_no_other(ada, bob, api):
    browsers = [Client(), Client()]
    for browser in browsers:
        browser.force_login(ada)
    bobs = Client()
    bobs.force_login(bob)
    delete_account(ada)
    assert [row.get_decoded()["_auth_user_id"] for row in Session.objects.all()] == [str(bob.pk)]
    for browser in browsers:
        assert browser.get(ME).status_code == 401
    assert bobs.get(ME).json()["username"] == "bob"


def test_the_name_is_free_and_whoever_takes_it_sees_nothing_old(things, api_as):
    delete_account(things.owner)
    new = User.objects.create_user("ada", password=PASSWORD)
    assert new.pk != things.owner.pk
    client = api_as(new)
    for path in ("submissions/", "compute/jobs/", "compute/datasets/"):
        assert client.get(f"/api/v1/{path}").json()["results"] == []
    assert client.get(f"/api/v1/submissions/{things.submission.pk}/").status_code == 404
    assert client.get(f"/api/v1/compute/jobs/{things.job.pk}/").json()["label"] is None
    assert SECRET not in client.get(f"{ME}export/").getvalue().decode()


def test_it_takes_as_many_queries_for_many_rows_as_for_few(things, django_assert_max_num_queries):
    for _ in range(300):
        judged(things.owner)
    with django_assert_max_num_queries(80):
        delete_account(things.owner)
    assert gone(things.owner)


# --- Workers --------------------------------------------------------------------------------------


@pytest.fixture
def patient(monkeypatch):
    """The thread beside the work would not see what this test's transaction holds."""
    monkeypatch.setattr(runner, "WATCH_SECONDS", 60)


def test_a_message_of_deleted_work_is_dropped(ada):
    job = job_of(ada, "queued")
    delete_account(ada)
    runner.run_job(str(job.pk))
    assert not Job.objects.exists()


def test_a_worker_that_holds_a_job_writes_nothing_afterwards(ada, patient, caplog):
    job, _ = submit_job(kind="diagnostic-test", params=PARAMS, owner=ada)

    def compute(_job, _progress):
        delete_account(ada)
        return runner.Outcome(work.State.SUCCEEDED, {"result": "{}"})

    with caplog.at_level("WARNING"):
        runner.run(Job, str(job.pk), compute)
    assert not Job.objects.exists()
    assert caplog.records == []


def test_a_worker_that_holds_a_part_of_a_job_does_not_fail(ada, patient, monkeypatch):
    job = job_of(ada, "running", waits_for_items=True)
    item = Item.objects.create(job=job, number=0, data={}, time_limit=10)

    def compute(_item, _progress):
        delete_account(ada)
        return runner.Outcome(work.State.SUCCEEDED, {"result": "{}"})

    monkeypatch.setattr(runner, "_compute_item", compute)
    runner.run_item(str(item.pk))
    assert not Item.objects.exists()


def test_a_worker_that_misses_what_went_with_the_account_does_not_say_it_failed(
    ada, patient, caplog
):
    submission = judged(ada, "wrong_answer")
    explanation = Explanation.objects.create(
        owner=ada, submission=submission, model="m", time_limit=10
    )

    def compute(held, _progress):
        delete_account(ada)
        Submission.objects.get(pk=held.submission_id)

    with caplog.at_level("WARNING"):
        runner.run(Explanation, str(explanation.pk), compute)
    assert caplog.records == []
    assert not Explanation.objects.exists()


def test_a_sweep_finds_nothing_to_put_right(things):
    delete_account(things.owner)
    for model in work.kinds_of_work():
        assert not any(work.sweep(model).values())


PARAMS = {"prevalence": 0.01, "sensitivity": 0.9, "specificity": 0.91}


@pytest.mark.django_db(transaction=True)
def test_whoever_submits_while_the_account_goes_leaves_nothing_behind(shipped):
    """What the same person sends at the same moment is deleted with the rest, or refused."""
    ada = User.objects.create_user("ada", password=PASSWORD)
    problem = judged(ada).problem
    begun, failures = threading.Event(), []

    def submit_again_and_again():
        try:
            for _ in range(200):
                fields = {"owner_id": ada.pk, "problem": problem, "time_limit": 1}
                with transaction.atomic():
                    Submission.objects.create(**fields, mode="submit", code="", problem_version=1)
                begun.set()
        except Exception as exc:
            failures.append(type(exc).__name__)
        finally:
            begun.set()
            transaction.get_connection().close()

    thread = threading.Thread(target=submit_again_and_again)
    thread.start()
    begun.wait(20)
    delete_account(ada)
    thread.join()
    assert gone(ada)
    assert not Submission.objects.exists()
    assert set(failures) <= {"IntegrityError"}


# --- The last superuser ---------------------------------------------------------------------------


def test_the_last_superuser_is_not_deleted(admin, api_as):
    with pytest.raises(LastSuperuser, match="root"):
        delete_account(admin)
    response = api_as(admin).delete(ME)
    assert response.status_code == 409
    assert "Make another account a superuser first." in response.json()["detail"]
    assert not gone(admin)


def test_one_of_two_superusers_may_go_and_then_no_other(admin):
    second = User.objects.create_superuser("second")
    with pytest.raises(LastSuperuser):
        delete_accounts([admin, second])
    delete_account(admin)
    with pytest.raises(LastSuperuser):
        delete_account(second)


def test_a_superuser_who_is_locked_out_is_no_other(admin):
    User.objects.create_superuser("locked", is_active=False)
    with pytest.raises(LastSuperuser):
        delete_account(admin)
    delete_account(User.objects.get(username="locked"))
