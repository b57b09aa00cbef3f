"""Which media type an answer has; `?format=` is checked like any other parameter."""

from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation

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


class OneForm(BaseContentNegotiation):
    """For a path that names its form, such as .svg or .md: whatever is accepted, it is that."""

    def select_parser(self, request, parsers):
        return parsers[0]

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type
