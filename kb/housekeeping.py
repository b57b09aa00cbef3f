"""What is looked after now and then: cited links, and who had which draft open."""

import datetime
import logging

from django.conf import settings

from compute.schedule import every
from compute.work import BROKER_ERRORS
from kb import editing
from kb.tasks import check_links

logger = logging.getLogger(__name__)

INTERVAL = datetime.timedelta(minutes=1)


@every(INTERVAL, "links-that-rot")
def have_links_checked() -> None:
    """A worker visits them, since a sweep waits for nobody; it asks no more than once at a time."""
    if not settings.LINK_CHECKS:
        return
    try:
        check_links.apply_async(expires=INTERVAL.total_seconds(), retry=False)
    except (*BROKER_ERRORS, OSError):
        logger.warning("The broker took no message; links are checked later.")


@every(datetime.timedelta(hours=6), "forget-editing")
def forget_editing() -> None:
    editing.forget()
