"""/metrics: who reads it, and that its figures are those of the database."""

import datetime
import math

import pytest
from django.utils import timezone
from knox.models import AuthToken
from prometheus_client.parser import text_string_to_metric_families

from compute import counting, services
from compute.housekeeping import delete_jobs_of_strangers
from compute.models import Counted, Counter, Item, Job
from compute.work import LEASE, State, kinds_of_work, sweep
from rest.models import Heartbeat
from rest.version import content_version
from tests.compute.client import body
from tests.processes import eventually

pytestmark = pytest.mark.django_db

TOKEN = "a token of forty characters, more or less"
QUEUE = "casebook_broker_queue_messages"
WORK = ("casebook_work_finished_total", "casebook_work_attempts_total")


@pytest.fixture
def figures(client, settings):
    """Every sample as {(name, labels): value}, read as Prometheus would."""
    settings.METRICS_TOKEN = TOKEN

    def read() -> dict:
        response = client.get("/metrics", HTTP_AUTHORIZATION=f"Bearer {TOKEN}")
        assert response.status_code == 200, response.content
        assert response["Content-Type"].startswith("text/plain; version=0.0.4")
        assert response["Cache-Control"] == "no-store"
        return {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(response.content.decode())
            for sample in family.samples
        }

    return read


def ended(state=State.SUCCEEDED, *, waited=0.5, seconds=2.0, kind="diagnostic-test", ago=3600.0):
    end = timezone.now() - datetime.timedelta(seconds=ago)
    started = end - datetime.timedelta(seconds=seconds)
    job = Job.objects.create(
        kind=kind,
        version=1,
        state=state,
        attempt=1,
        time_limit=10,
        seconds=seconds,
        started_at=started,
        finished_at=end,
        client="x",
    )
    Job.objects.filter(pk=job.pk).update(created_at=started - datetime.timedelta(seconds=waited))
    return job


def test_prometheus_is_let_in_by_its_token_alone(client, settings):
    settings.METRICS_TOKEN = TOKEN
    for given, status in ((TOKEN, 200), (TOKEN[:-1], 401), ("", 401), ("ü" * 40, 401)):
        response = client.get("/metrics", HTTP_AUTHORIZATION=f"Bearer {given}")
        assert response.status_code == status, given
        assert response["Cache-Control"] == "no-store"
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer ").status_code == 401


def test_staff_read_them_by_session_and_by_token_and_learners_do_not(client, ada, oscar):
    missing = client.get("/metrics")
    assert missing.status_code == 401
    assert missing["Content-Type"] == "application/problem+json"
    assert missing["WWW-Authenticate"] == "Bearer"
    for user, status in ((ada, 403), (oscar, 200)):
        _, key = AuthToken.objects.create(user)
        by_token = client.get("/metrics", HTTP_AUTHORIZATION=f"Token {key}")
        assert by_token.status_code == status
        client.force_login(user)
        assert client.get("/metrics").status_code == status
        client.logout()


def test_only_reading_is_allowed_whatever_is_accepted(client, oscar):
    client.force_login(oscar)
    assert client.post("/metrics").status_code == 405
    head = client.head("/metrics", HTTP_ACCEPT="application/openmetrics-text;version=1.0.0")
    assert (head.status_code, head.content) == (200, b"")


def test_work_that_has_not_ended_is_counted_by_state_and_the_oldest_gives_the_age(figures):
    old, young = (services.submit_job(**body(), client="x")[0] for _ in range(2))
    Job.objects.filter(pk=old.pk).update(
        created_at=timezone.now() - datetime.timedelta(seconds=100)
    )
    read = figures()
    assert read["casebook_work_unfinished", "diagnostic-test", "job", "queued"] == 2
    assert read["casebook_queue_age_seconds", "job"] == pytest.approx(100, abs=5)
    Job.objects.claim(old.pk)
    read = figures()
    assert read["casebook_work_unfinished", "diagnostic-test", "job", "running"] == 1
    assert read["casebook_queue_age_seconds", "job"] < 10
    services.cancel_jobs(Job.objects.filter(pk=young.pk))
    assert figures()["casebook_queue_age_seconds", "job"] == 0


def test_an_empty_site_has_all_figures_too(figures, settings):
    read = figures()
    assert read["casebook_queue_age_seconds", "job"] == 0
    assert read["casebook_database_bytes",] > 100_000
    assert read["casebook_content_version",] == content_version()
    assert ("casebook_release_info", settings.RELEASE) in read


def test_the_queues_of_the_broker_are_measured(figures, queue):
    queue.client.lpush("compute", "a message", "another")
    read = figures()
    assert read["casebook_broker_up",] == 1
    lengths = {key[1]: value for key, value in read.items() if key[0] == QUEUE}
    assert lengths == {"compute": 2, "default": 0, "judge": 0}


def test_a_broker_that_is_away_leaves_the_other_figures(figures, valkey, queue):
    _, program = valkey
    program.kill()
    try:
        read = figures()
    finally:
        program.start()
        eventually(lambda: figures()["casebook_broker_up",] == 1, 5, "the broker is back")
    assert read["casebook_broker_up",] == 0
    assert not any(name == QUEUE for name, *_ in read)
    assert read["casebook_database_bytes",] > 0


def test_what_has_ended_is_counted_once_however_often_it_is_asked(figures):
    for state in (State.SUCCEEDED, State.SUCCEEDED, State.FAILED):
        ended(state)
    for _ in range(3):
        counting.count_finished()
    read = figures()
    labels = ("diagnostic-test", "job")
    assert read["casebook_work_finished_total", *labels, "succeeded"] == 2
    assert read["casebook_work_finished_total", "diagnostic-test", "failed", "job"] == 1
    assert read["casebook_work_attempts_total", *labels] == 3


def test_what_ended_a_moment_ago_waits_until_every_writer_has_written(figures):
    job = ended(ago=1)
    counting.count_finished()
    assert not any(name == WORK[0] for name, *_ in figures())
    counting.count_finished(job.finished_at + counting.SETTLED)
    assert figures()[WORK[0], "diagnostic-test", "job", "succeeded"] == 1


def test_counters_grow_although_jobs_are_deleted(figures, settings):
    ended()
    counting.count_finished()
    settings.JOB_MEGABYTES = -1
    delete_jobs_of_strangers()
    assert not Job.objects.exists()
    ended()
    counting.count_finished(timezone.now() + datetime.timedelta(days=1))
    assert figures()[WORK[0], "diagnostic-test", "job", "succeeded"] == 1
    ended(ago=-2 * 86_400)
    counting.count_finished(timezone.now() + datetime.timedelta(days=3))
    assert figures()[WORK[0], "diagnostic-test", "job", "succeeded"] == 2


def test_after_a_long_pause_it_is_counted_in_several_turns(figures, monkeypatch):
    monkeypatch.setattr(counting, "MOST_AT_ONCE", 2)
    for ago in (500, 400, 300, 200, 100):
        ended(ago=ago)
    counted = []
    for _ in range(4):
        counting.count_finished()
        counted.append(figures()[WORK[0], "diagnostic-test", "job", "succeeded"])
    assert counted == [2, 4, 5, 5]


def test_of_two_sweeps_that_count_at_once_one_does():
    ended()
    before = Counted(work="job", until=timezone.now() - datetime.timedelta(days=1))
    before.save()
    until = timezone.now()
    assert counting._claim("job", before, until)
    assert not counting._claim("job", before, until)


def test_durations_are_histograms_whose_buckets_hold_the_smaller_ones(figures):
    for seconds, waited in ((0.005, 0.02), (0.01, 0.2), (2, 40), (1000, 400)):
        ended(seconds=seconds, waited=waited)
    counting.count_finished()
    read = figures()
    bounds = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, math.inf]
    for name, values in (
        ("casebook_work_seconds", [0.005, 0.01, 2, 1000]),
        ("casebook_work_waiting_seconds", [0.02, 0.2, 40, 400]),
    ):
        of = {key: value for key, value in read.items() if key[0] == f"{name}_bucket"}
        counted = {float(key[1]): value for key, value in of.items()}
        assert counted == {bound: sum(v <= bound for v in values) for bound in bounds}
        assert read[f"{name}_count", "diagnostic-test", "job"] == 4
        assert read[f"{name}_sum", "diagnostic-test", "job"] == pytest.approx(sum(values))


def test_work_that_never_began_is_counted_and_has_no_duration(figures):
    services.submit_job(**body(), client="x")
    services.cancel_jobs(Job.objects.all())
    counting.count_finished(timezone.now() + datetime.timedelta(hours=1))
    read = figures()
    assert read[WORK[0], "cancelled", "diagnostic-test", "job"] == 1
    assert not any(name in ("casebook_work_seconds_count", WORK[1]) for name, *_ in read)


def test_parts_of_a_job_are_counted_with_it_alone(figures):
    job = ended()
    Item.objects.create(
        job=job,
        number=0,
        data=1,
        state=State.SUCCEEDED,
        time_limit=1,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )
    counting.count_finished()
    assert not Counter.objects.exclude(work="job").exists()


def test_sweeps_say_what_they_put_right(figures):
    job, _ = services.submit_job(**body(), client="x")
    Job.objects.claim(job.pk)
    past = timezone.now() - 2 * LEASE
    Job.objects.filter(pk=job.pk).update(started_at=past - LEASE, lease_until=past)
    counts = sweep(Job)
    counting.count_sweep(Job, {name: count for name, count in counts.items() if count})
    counting.count_sweep(Job, {})
    read = figures()
    assert read["casebook_sweeps_total", "job"] == 2
    assert read["casebook_sweeps_put_right_total", "job", "requeued"] == 1
    assert read["casebook_work_lost_total", "job"] == 1


def test_processes_are_counted_by_their_part(figures):
    now = timezone.now()
    for name, age in (("sweep@a:1", 3), ("sweep@b:2", 1), ("worker_compute@a:3", 100)):
        Heartbeat.objects.create(name=name, at=now - datetime.timedelta(seconds=age))
    read = figures()
    assert read["casebook_processes", "sweep"] == 2
    assert read["casebook_processes", "worker_compute"] == 0
    assert read["casebook_heartbeat_age_seconds", "sweep"] == pytest.approx(1, abs=2)
    assert read["casebook_heartbeat_age_seconds", "worker_compute"] == pytest.approx(100, abs=2)


def test_it_takes_few_queries_however_much_there_is(
    client, settings, django_assert_max_num_queries
):
    settings.METRICS_TOKEN = TOKEN
    for kind in ("diagnostic-test", "conjugate-update", "multi-head-attention"):
        ended(kind=kind)
    counting.count_finished()
    with django_assert_max_num_queries(4 + len(kinds_of_work())):
        client.get("/metrics", HTTP_AUTHORIZATION=f"Bearer {TOKEN}")
