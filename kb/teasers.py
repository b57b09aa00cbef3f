"""What the digest says of an entry: whole sentences that somebody wrote for the purpose."""

import re
from collections.abc import Iterator

from kb.fields import Fault, Part

# Which fields they are, and what each says.
TOPIC_TEASERS = {"teaser": "what it is about"}
CASE_TEASERS = {"teaser": "what there is to learn", "readers": "who it is for"}
FEWEST, MOST = 80, 600
# A full stop, a question or an exclamation, perhaps inside quotation marks or brackets.
WHOLE = re.compile(r"[.?!…][\"'”’)\]]*$")


def wrong_with_teaser(text: str) -> str:
    """What is wrong with such a text, as a sentence without its subject; empty for nothing."""
    if len(text) < FEWEST:
        return f"has {len(text)} characters; a whole thought of {FEWEST} or more is needed."
    if len(text) > MOST:
        return f"has {len(text)} characters; {MOST} are allowed."
    if "\n" in text:
        return "has a line break; it is one paragraph."
    if not WHOLE.search(text):
        return "does not end as a sentence does, with a full stop or a mark like it."
    return ""


def teaser_faults(document: Part, fields: dict[str, str]) -> Iterator[Fault]:
    """What is wrong with the texts of some fields of a document; of each, what it says."""
    for field, says in fields.items():
        if wrong := wrong_with_teaser(getattr(document, field)):
            yield Fault((field,), 1, f"The {field} ({says}, for the day's digest) {wrong}")
