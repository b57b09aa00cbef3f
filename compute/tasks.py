from celery import shared_task

from compute import heartbeat, runner  # noqa: F401  (the heartbeat listens to the worker's start)


@shared_task(name="compute.run_job")
def run_job(job_id: str) -> None:
    runner.run_job(job_id)


@shared_task(name="compute.run_item")
def run_item(item_id: str) -> None:
    runner.run_item(item_id)
