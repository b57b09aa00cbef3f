"""A job in parts: split, done by any worker, joined once, whatever happens to the workers."""

import datetime
import threading

import pytest
from django.db import connection
from django.utils import timezone

from compute import registry, runner, services, work
from compute.errors import KindFailed
from compute.models import Item, Job
from compute.params import Params, Result
from compute.registry import Kind, Parts
from compute.work import LEASE, State

SECOND = datetime.timedelta(seconds=1)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("queue")]


class Numbers(Params):
    numbers: list[int]


class Sum(Result):
    total: int
    parts: list[int]


def do(_params: Numbers, item: int, progress) -> int:
    if item < 0:
        raise KindFailed(f"{item} has no square root that is real.")
    progress(0.5, "half way")
    return item**2


SQUARES = Parts(
    split=lambda params: params.numbers,
    do=do,
    join=lambda _params, results: {"total": sum(results), "parts": results},
)


@pytest.fixture(autouse=True)
def kind(monkeypatch):
    found = Kind(
        name="test-squares",
        title="Squares",
        summary="Adds squares.",
        version=1,
        params=Numbers,
        result=Sum,
        run=SQUARES.in_turn,
        example_params={"numbers": [1, 2]},
        parts=SQUARES,
    )
    monkeypatch.setitem(registry._kinds, found.name, found)
    return found


def submit(*numbers: int) -> Job:
    return services.submit_job(kind="test-squares", params={"numbers": list(numbers)})[0]


def split(*numbers: int) -> Job:
    """A job that a worker has split and let go."""
    job = submit(*numbers)
    runner.run_job(str(job.pk))
    return now(job)


def now(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def items(job: Job) -> list[Item]:
    return list(job.items.order_by("number"))


def test_a_worker_splits_a_job_and_is_free_again(queue, django_capture_on_commit_callbacks):
    job = submit(3, 4, 5)
    with django_capture_on_commit_callbacks(execute=True):
        runner.run_job(str(job.pk))
    job = now(job)
    assert (job.state, job.attempt, job.waits_for_items) == (State.RUNNING, 1, True)
    assert job.progress_message == "0 of 3 parts are done."
    assert [(item.number, item.data, item.state) for item in items(job)] == [
        (0, 3, "queued"),
        (1, 4, "queued"),
        (2, 5, "queued"),
    ]
    assert queue.jobs() == [str(item.pk) for item in items(job)]


def test_whoever_ends_the_last_item_joins_them_in_order():
    job = split(3, 4, 5)
    for item in reversed(items(job)):
        assert now(job).state == State.RUNNING
        runner.run_item(str(item.pk))
    job = now(job)
    assert (job.state, job.attempt, job.progress_fraction) == (State.SUCCEEDED, 1, 1)
    assert job.result_data == {"total": 9 + 16 + 25, "parts": [9, 16, 25]}
    assert job.seconds > sum(item.seconds for item in items(job))


def test_progress_tells_how_many_parts_are_done():
    job = split(3, 4)
    runner.run_item(str(items(job)[1].pk))
    job = now(job)
    assert (job.progress_fraction, job.progress_message) == (0.5, "1 of 2 parts are done.")


def test_a_job_without_any_part_is_joined_at_once():
    assert split().result_data == {"total": 0, "parts": []}


def test_the_same_comes_out_in_one_process(kind):
    params = kind.parse({"numbers": [3, 4, 5]})
    told = []
    result = kind.run(params, lambda fraction, message: told.append((fraction, message)))
    assert result == {"total": 50, "parts": [9, 16, 25]}
    assert told[-1] == (1, "3 of 3 parts are done.")


def test_an_item_that_fails_is_the_failure_of_its_job():
    job = split(3, -1, 5)
    runner.run_item(str(items(job)[1].pk))
    job = now(job)
    assert (job.state, job.error_code) == (State.FAILED, "failed")
    assert job.error_detail == "Part 2: -1 has no square root that is real."
    work.sweep(Job)
    assert not job.items.exists(), "what is left of it is neither done nor kept"


def test_an_item_delivered_twice_is_done_once():
    job = split(3, 4)
    for item in [*items(job), *items(job)]:
        runner.run_item(str(item.pk))
    assert now(job).result_data["total"] == 25
    assert now(job).attempt == 1


def test_a_lost_worker_costs_one_item_and_not_the_job():
    job = split(3, 4)
    first, second = items(job)
    runner.run_item(str(first.pk))
    token = Item.objects.claim(second.pk).attempt
    past = timezone.now() - LEASE - 2 * SECOND
    Item.objects.filter(pk=second.pk).update(started_at=past, lease_until=past + LEASE)
    assert work.sweep(Item)["requeued"] == 1
    assert not Item.objects.finish(second.pk, token, State.SUCCEEDED, result="0")
    runner.run_item(str(second.pk))
    job = now(job)
    assert (job.state, job.attempt, job.result_data["total"]) == (State.SUCCEEDED, 1, 25)


def test_an_item_whose_workers_are_lost_three_times_fails_its_job():
    job = split(3, 4)
    past = timezone.now() - LEASE - 2 * SECOND
    for _ in range(work.MAX_ATTEMPTS):
        Item.objects.claim(items(job)[0].pk)
        Item.objects.filter(state=State.RUNNING).update(started_at=past, lease_until=past + LEASE)
        work.sweep(Item)
    work.sweep(Job)
    job = now(job)
    assert (job.state, job.error_code) == (State.FAILED, work.WORKER_LOST)
    assert job.error_detail == "Part 1: Its worker was lost 3 times."


def test_a_worker_lost_before_it_joined_is_made_up_for_by_the_sweep():
    job = split(3, 4)
    for item in items(job):
        runner.run(Item, str(item.pk), runner._compute_item)
    assert now(job).state == State.RUNNING
    work.sweep(Job)
    assert now(job).state == State.QUEUED
    runner.run_job(str(job.pk))
    assert now(job).result_data["total"] == 25


def test_a_worker_lost_while_it_joined_is_a_lost_worker():
    job = split(3, 4)
    for item in items(job):
        runner.run(Item, str(item.pk), runner._compute_item)
    assert Job.objects.take_over(job.pk).attempt == 1
    assert Job.objects.take_over(job.pk) is None, "it is held"
    past = timezone.now() - LEASE - 2 * SECOND
    Job.objects.update(started_at=past, lease_until=past + LEASE)
    assert work.sweep(Job)["requeued"] == 1
    assert not Job.objects.finish(job.pk, 1, State.SUCCEEDED, result="0")
    runner.run_job(str(job.pk))
    assert (now(job).attempt, now(job).result_data["total"]) == (2, 25)


def test_a_job_that_waits_for_its_items_is_cancelled_at_once_and_they_never_run():
    job = split(3, 4, 5)
    first, second, third = items(job)
    runner.run_item(str(first.pk))
    Item.objects.claim(second.pk)
    assert services.cancel_job(now(job)).state == State.CANCELLED
    assert Item.objects.cancel_wanted(second.pk, 1) is True
    runner.run_item(str(third.pk))
    third.refresh_from_db()
    assert (third.state, third.attempt) == (State.CANCELLED, 0)
    with pytest.raises(work.WorkNotCancellable):
        services.cancel_job(now(job))


def test_what_a_cancel_did_not_reach_is_cancelled_by_the_sweep():
    job = split(3, 4)
    work.cancel(job)
    work.sweep(Job)
    assert not Item.objects.unfinished().exists()
    work.sweep(Job)
    assert not Item.objects.exists()


def test_a_job_whose_items_take_too_long_is_past_its_limit():
    job = split(3, 4)
    expected = job.started_at + datetime.timedelta(seconds=job.time_limit) + LEASE + SECOND
    assert job.lease_until == expected
    long_ago = datetime.timedelta(hours=1)
    Job.objects.update(started_at=job.started_at - long_ago, lease_until=expected - long_ago)
    assert work.sweep(Job)["timed_out"] == 1
    assert (now(job).state, now(job).error_code) == (State.FAILED, work.TIME_LIMIT)
    assert Job.objects.take_over(job.pk) is None


def test_items_of_jobs_that_have_ended_are_not_kept():
    done, waits = split(3), split(4)
    runner.run_item(str(items(done)[0].pk))
    work.sweep(Job)
    assert not done.items.exists()
    assert waits.items.exists()
    assert now(done).result_data["total"] == 9


@pytest.mark.django_db(transaction=True)
def test_of_many_that_end_the_last_items_at_once_one_joins():
    job = split(*range(2, 10))
    start, errors = threading.Barrier(8), []
    for item in items(job):
        Item.objects.claim(item.pk)

    def end(item: Item) -> None:
        try:
            start.wait(10)
            assert Item.objects.finish(item.pk, 1, State.SUCCEEDED, result=str(item.data))
            if Job.objects.take_over(job.pk) is not None:
                joined.append(item.number)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    joined: list[int] = []
    threads = [threading.Thread(target=end, args=[item]) for item in items(job)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(joined) == 1
