"""What is counted now and then, so that no reader has to wait for it."""

import datetime

from compute.schedule import every
from problems.submissions import count_acceptance


@every(datetime.timedelta(minutes=5), "acceptance-rates")
def count_acceptance_rates() -> None:
    count_acceptance()
