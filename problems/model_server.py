"""The optional model server: any that speaks the chat completions of OpenAI's API.

Whatever it answers is untrusted: it is read up to a bound, and is text or nothing.
"""

import logging
import time
import unicodedata
from collections.abc import Iterable

import orjson
from django.conf import settings

logger = logging.getLogger(__name__)

MOST_TOKENS = 1000
MOST_BYTES = 1_000_000
MOST_CHARACTERS = 4000
# The client of a server that asks for no key wants one all the same.
NO_KEY = "none"

CANNOT_BE_REACHED = "The model server cannot be reached; ask again later."
REFUSES = "The model server answers with an error; ask again later."
SAYS_NOTHING = "The model server answered with nothing that can be shown; ask again later."


class ModelUnavailable(Exception):
    """The model server gave no answer. The message is a sentence for the learner."""


def ask(messages: list[dict[str, str]], model: str) -> str:
    """What the model answers, as plain text of at most MOST_CHARACTERS. Raises ModelUnavailable."""
    # A second to import and 40 MB, which no other process needs.
    import openai

    deadline = time.monotonic() + settings.EXPLAIN_SECONDS
    client = openai.OpenAI(
        base_url=settings.EXPLAIN_BASE_URL,
        api_key=settings.EXPLAIN_API_KEY or NO_KEY,
        timeout=settings.EXPLAIN_SECONDS,
        max_retries=0,
    )
    create = client.chat.completions.with_streaming_response.create
    try:
        with (
            client,
            create(
                model=model, messages=messages, temperature=0, max_tokens=MOST_TOKENS
            ) as response,
        ):
            return _text_in(_read(response.iter_bytes(), deadline))
    except ModelUnavailable:
        raise
    except openai.APITimeoutError:
        raise _too_slow() from None
    except openai.APIStatusError as exc:
        logger.warning("The model server answered %s.", exc.status_code)
        raise ModelUnavailable(REFUSES) from exc
    except Exception as exc:
        # What goes wrong while a body is read comes as the transport's own errors, of any kind.
        logger.warning("The model server cannot be reached: %s", type(exc).__name__)
        raise ModelUnavailable(CANNOT_BE_REACHED) from exc


def _read(chunks: Iterable[bytes], deadline: float) -> bytes:
    """All of a body that is not too large and does not come too slowly."""
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > MOST_BYTES:
            logger.warning("The model server answered with more than %s bytes.", MOST_BYTES)
            raise ModelUnavailable(SAYS_NOTHING)
        if time.monotonic() > deadline:
            raise _too_slow()
    return bytes(body)


def _too_slow() -> ModelUnavailable:
    limit = settings.EXPLAIN_SECONDS
    return ModelUnavailable(f"The model server did not answer within {limit:g} s; ask again later.")


def _text_in(body: bytes) -> str:
    """The text of a chat completion, cut at MOST_CHARACTERS, without control characters."""
    try:
        text = orjson.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError):
        text = None
    if isinstance(text, str):
        kept = "".join(char for char in text if char in "\n\t" or not _is_control(char)).strip()
        if kept:
            return kept if len(kept) <= MOST_CHARACTERS else kept[: MOST_CHARACTERS - 1] + "…"
    logger.warning("The model server answered with nothing that can be shown.")
    raise ModelUnavailable(SAYS_NOTHING)


def _is_control(char: str) -> bool:
    """Whether it is nothing to be read: NUL, half of a pair, a change of direction."""
    return unicodedata.category(char).startswith("C")
