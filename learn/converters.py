"""Days in addresses, of the admin and of the pages."""

import datetime

from django.urls import register_converter


class DayConverter:
    """As ISO 8601 writes it."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
    to_python = staticmethod(datetime.date.fromisoformat)
    to_url = staticmethod(str)


register_converter(DayConverter, "day")
