"""Which media type an answer has; `?format=` is checked like any other parameter."""

from rest_framework.negotiation import DefaultContentNegotiation

from rest.errors import QueryError


class ContentNegotiation(DefaultContentNegotiation):
    def filter_renderers(self, renderers, format):
        found = [renderer for renderer in renderers if renderer.format == format]
        if not found:
            known = ", ".join(dict.fromkeys(renderer.format for renderer in renderers))
            raise QueryError(
                "format", f"There is no format {format[:40]!r} here; there is {known}."
            )
        return found
