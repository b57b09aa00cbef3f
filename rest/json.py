"""JSON in and out by orjson; a body that cannot be read is refused with a sentence."""

import json

import orjson
from django.conf import settings
from rest_framework import exceptions, parsers, renderers


class BodyTooLarge(exceptions.APIException):
    status_code = 413
    default_code = "too-large"


class JSONRenderer(renderers.BaseRenderer):
    media_type = "application/json"
    format = "json"
    # None: JSON is UTF-8 by definition, and the media type carries no charset.
    charset = None
    render_style = "binary"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        if data is None:
            return b""
        return orjson.dumps(data, default=_plain)


def _plain(value):
    """What orjson does not know: lazy strings, and dict or list subclasses of DRF."""
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, list | tuple | set):
        return list(value)
    return str(value)


class JSONParser(parsers.BaseParser):
    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        data = read_body(stream)
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError as exc:
            if "infinity" in str(exc):
                # 1e999 is JSON. It goes on as an infinity, which the parameters then refuse by
                # its place.
                return _loads_with_infinity(data)
            raise exceptions.ParseError(f"The body is not JSON: {exc}.") from None


def read_body(stream) -> bytes:
    """The whole body. Raises BodyTooLarge past MAX_BODY_BYTES, without reading it all."""
    limit = settings.MAX_BODY_BYTES
    data = stream.read(limit + 1)
    if len(data) > limit:
        raise BodyTooLarge(f"The body is larger than {limit:,} bytes.")
    return bytes(data)


def _loads_with_infinity(data: bytes):
    """Read JSON as orjson does, save that a number beyond a float's range is an infinity."""

    def refuse(constant):
        raise ValueError(f"{constant} is no number of JSON")

    try:
        body = json.loads(data, parse_constant=refuse, parse_int=_number)
        # It takes halves of surrogate pairs, which no answer and no database could hold.
        orjson.dumps(body)
    except (ValueError, TypeError, RecursionError) as exc:
        raise exceptions.ParseError(f"The body is not JSON: {exc}.") from None
    return body


def _number(digits: str) -> int | float:
    """Integers past 64 bits are floats, and never Python's slow and endless ones."""
    return int(digits) if len(digits) < 19 else float(digits)


class JSONDecoder(json.JSONDecoder):
    """For JSON that comes from the database, read as it was when it came from a client.

    PostgreSQL writes 1e30 out with all its digits: an integer that no answer could hold.
    """

    def decode(self, text):
        return orjson.loads(text)


def raw_json(text: str):
    """JSON text to be put into an answer as it is, without being parsed."""
    return orjson.Fragment(text)
