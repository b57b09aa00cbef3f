from celery import shared_task

from problems import explanations, runner


@shared_task(name="problems.judge")
def judge(submission_id: str) -> None:
    runner.judge_submission(submission_id)


@shared_task(name="problems.explain")
def explain(explanation_id: str) -> None:
    explanations.make(explanation_id)
