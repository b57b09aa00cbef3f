from celery import shared_task

from kb.linkchecks import checks


@shared_task(name="kb.check_links")
def check_links() -> None:
    checks.check_due()
