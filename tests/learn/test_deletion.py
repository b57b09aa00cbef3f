"""Deleting an account deletes all that is its owner's, and nothing that is not."""

import datetime
import threading

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient
from zeal import zeal_ignore

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
    everything_of,
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
pytestmark = pytest.mark.usefixtures("shipped", "media")


@pytest.fixture(autouse=True)
def _two_accounts_in_one_request():
    """Django asks for whoever is signed in and for the account that is shown, one by one."""
    with zeal_ignore([{"model": "auth.User"}, {"model": "sessions.Session"}]):
        yield


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture(autouse=True)
def _types_are_not_known_yet():
    """As in a process that has just started."""
    ContentType.objects.clear_cache()


@pytest.fixture
def things(ada, shipped, media) -> Belongings:
    return everything_of(ada)


def gone(user) -> bool:
    return not User.objects.filter(pk=user.pk).exists()


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
    """Requests of the same person at the same moment: refused, or deleted with the rest."""
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


# --- By the API -----------------------------------------------------------------------------------


def test_a_token_deletes_the_account_once(ada):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {AuthToken.objects.create(user=ada)[1]}")
    response = client.delete(ME)
    assert (response.status_code, response.content) == (204, b"")
    assert gone(ada)
    assert client.delete(ME).status_code == 401
    assert client.get(ME).status_code == 401


def test_a_session_deletes_the_account_and_ends(ada):
    browser = Client()
    browser.force_login(ada)
    response = browser.delete(ME)
    assert response.status_code == 204
    assert response.cookies["sessionid"].value == ""
    assert gone(ada)
    assert not Session.objects.exists()


def test_a_token_of_one_leaves_the_session_of_another_alone(ada, bob):
    browser = Client()
    browser.force_login(bob)
    key = AuthToken.objects.create(user=ada)[1]
    assert browser.delete(ME, headers={"Authorization": f"Token {key}"}).status_code == 204
    assert gone(ada)
    assert browser.get(ME).json()["username"] == "bob"


def test_a_session_needs_its_csrf_token(ada):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    assert browser.delete(ME).status_code == 403
    assert not gone(ada)


def test_a_stranger_deletes_nobody(api, ada):
    assert api.delete(ME).status_code == 401
    assert not gone(ada)


def test_it_takes_no_parameters(api_as, ada):
    assert api_as(ada).delete(f"{ME}?user=bob").status_code == 400
    assert not gone(ada)


# --- By the page ----------------------------------------------------------------------------------


def test_the_page_says_what_there_is(things, client_as):
    html = client_as(things.owner).get(PAGE).content.decode()
    assert "1 submission, 1 revealed hint, 3 jobs, 1 dataset" in html
    assert 'href="/api/v1/me/export/"' in html
    assert SECRET not in html


def test_the_page_of_somebody_new_says_that_there_is_nothing(ada, client_as):
    response = client_as(ada).get(PAGE)
    assert "nothing of you but the account itself" in response.content.decode()
    assert "no-store" in response["Cache-Control"]


def test_the_password_deletes_the_account(things, client_as):
    client = client_as(things.owner)
    response = client.post(PAGE, {"confirmation": PASSWORD})
    assert response["Location"] == "/account/deleted/"
    assert gone(things.owner)
    assert "sessionid" not in client.cookies or not client.cookies["sessionid"].value
    assert "nobody is signed in" in client.get("/account/deleted/").content.decode()
    assert client.get(PAGE)["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("given", ["", "ada", "wrong", PASSWORD.upper(), f" {PASSWORD}"])
def test_anything_else_deletes_nothing(ada, client_as, given):
    response = client_as(ada).post(PAGE, {"confirmation": given})
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert not gone(ada)


def test_guesses_are_counted_as_tries_to_sign_in(ada, client_as, settings):
    settings.LIMITS = settings.LIMITS | {"token": "3"}
    client = client_as(ada)
    answers = [client.post(PAGE, {"confirmation": "wrong"}).status_code for _ in range(4)]
    assert answers == [422, 422, 422, 429]
    assert client.post(PAGE, {"confirmation": PASSWORD}).status_code == 429
    assert not gone(ada)


def test_an_account_without_a_password_is_confirmed_by_its_name(ada, client_as):
    ada.set_unusable_password()
    ada.save()
    client = client_as(ada)
    assert "Your name, ada, to confirm" in client.get(PAGE).content.decode()
    assert client.post(PAGE, {"confirmation": "bob"}).status_code == 422
    assert client.post(PAGE, {"confirmation": "ada"}).status_code == 302
    assert gone(ada)


def test_the_last_superuser_reads_why_not_and_stays_signed_in(admin, client_as):
    client = client_as(admin)
    response = client.post(PAGE, {"confirmation": PASSWORD})
    assert response.status_code == 409
    assert "Make another account a superuser first." in response.content.decode()
    assert client.get(PAGE).status_code == 200


def test_the_form_needs_its_csrf_token(ada):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    assert browser.post(PAGE, {"confirmation": PASSWORD}).status_code == 403
    assert not gone(ada)


def test_a_stranger_is_asked_to_sign_in(client, db):
    for response in (client.get(PAGE), client.post(PAGE, {"confirmation": "x"})):
        assert response["Location"] == f"/sign-in/?next={PAGE}"


# --- By the admin ---------------------------------------------------------------------------------


def delete_selected(client, *users):
    data = {"action": "delete_selected", "_selected_action": [user.pk for user in users]}
    return client.post(USERS, data | {"post": "yes"})


def test_the_admin_deletes_an_account_the_same_way(
    things, admin, client_as, django_capture_on_commit_callbacks
):
    client = client_as(admin)
    page = client.get(f"{USERS}{things.owner.pk}/delete/")
    assert page.status_code == 200
    assert "accounts, with all that is theirs" in page.content.decode().lower()
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(f"{USERS}{things.owner.pk}/delete/", {"post": "yes"})
    assert response["Location"] == USERS
    assert gone(things.owner)
    assert where(SECRET) == []
    assert not uploads.path_of(things.dataset.pk).exists()
    assert Job.objects.get().label is None


def test_the_admin_deletes_several_accounts_the_same_way(things, bob, admin, client_as):
    assert delete_selected(client_as(admin), things.owner, bob).status_code == 302
    assert gone(things.owner)
    assert gone(bob)
    assert where(SECRET) == []


def test_the_log_tells_who_deleted_and_not_whom(ada, admin, client_as):
    client_as(admin).post(f"{USERS}{ada.pk}/delete/", {"post": "yes"})
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.object_repr) == (admin, str(ada.pk), NOBODY)


def test_the_admin_does_not_delete_the_last_superusers(admin, client_as):
    second = User.objects.create_superuser("second")
    client = client_as(admin)
    response = delete_selected(client, admin, second)
    assert "Make another account a superuser first." in response.content.decode()
    assert not gone(admin)
    assert not gone(second)
    client.post(f"{USERS}{second.pk}/delete/", {"post": "yes"})
    assert gone(second)
    page = client.post(f"{USERS}{admin.pk}/delete/", {"post": "yes"})
    assert "Make another account a superuser first." in page.content.decode()
    assert not gone(admin)
    assert LogEntry.objects.count() == 1


def test_an_operator_deletes_nobody(ada, oscar, client_as):
    client = client_as(oscar)
    assert client.post(f"{USERS}{ada.pk}/delete/", {"post": "yes"}).status_code == 403
    delete_selected(client, ada)
    assert not gone(ada)


def test_who_stands_for_the_deleted_is_not_deleted(things, admin, client_as):
    delete_account(things.owner)
    nobody = User.objects.get(username=NOBODY)
    client = client_as(admin)
    assert client.post(f"{USERS}{nobody.pk}/delete/", {"post": "yes"}).status_code == 403
    delete_selected(client, nobody)
    assert not gone(nobody)


def test_the_first_administrator_is_made_anew_only_where_there_is_none(ada, admin, tmp_path):
    """Deleting accounts never makes the next start believe that it is the first."""
    delete_account(ada)
    call_command("make_admin")
    assert User.objects.filter(is_superuser=True).get() == admin
