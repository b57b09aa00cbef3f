"""By which DOI, arXiv number or address a work is known: two sources of one identity are the same.

Whatever a curator pastes is read as well as it can be; nothing here raises.
"""

import hashlib
import re
from urllib.parse import quote, unquote, urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
# An identity is kept in a column of this size; what is longer is known by its beginning and hash.
MOST_CHARACTERS = 500
# What senders add to an address to see where readers come from; it names no other page.
TRACKING = {"ref", "ref_src", "gclid", "fbclid", "msclkid"}

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_DOI_HOSTS = {"doi.org", "dx.doi.org", "www.doi.org"}
_DOI_PREFIX = re.compile(r"(?:https?://)?(?:dx\.|www\.)?doi\.org/|doi:\s*", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/\S+")
_ARXIV_DOI = "10.48550/arxiv."
_ARXIV_PATH = re.compile(r"/(?:abs|pdf|html|format|ps|src|e-print)/(.+)")
_ARXIV = re.compile(
    r"(?P<number>\d{4}\.\d{4,5}|(?P<archive>[a-z-]+)(?:\.[a-z]{2})?/(?P<old>\d{7}))"
    r"(?:v\d+)?(?:\.pdf)?",
    re.IGNORECASE,
)
_UNSAFE = re.compile(r"[\x00-\x20\x7f]+")


def normalise(url: str) -> str:
    """The address in one form: scheme and host in lower case, all of it in ASCII.

    Without user name, default port, fragment and what only tracks. An address without a scheme is
    one of https. What is no address comes back without its spaces; "" for nothing.
    """
    text = _UNSAFE.sub("", url or "")
    if not text:
        return ""
    try:
        parts = urlsplit(text if _SCHEME.match(text) else f"https://{text.lstrip('/')}")
        host, port = ascii_host(parts.hostname or ""), parts.port
        path, query = as_ascii(parts.path), as_ascii(_without_tracking(parts.query))
    except ValueError:
        return text.encode("ascii", "backslashreplace").decode()
    if not host:
        return as_ascii(text)
    place = f"[{host}]" if ":" in host else host
    if port is not None and port != DEFAULT_PORTS.get(parts.scheme):
        place = f"{place}:{port}"
    return f"{parts.scheme}://{place}{path}" + (f"?{query}" if query else "")


def identity(url: str, doi: str = "") -> str:
    """By what a work is known: `doi:10.1145/2843948`, `arxiv:1606.07792`, or its address.

    A DOI counts before the address, and is also read from one of doi.org; it is in lower case. An
    arXiv number is that of any version, form or mirror, and of arXiv's own DOIs. An address is as
    `normalise` has it, without scheme, `www.` and closing slash. "" for nothing.
    """
    if found := _of_doi(doi) or _of_doi_address(url) or _of_arxiv(url):
        return _fitting(found)
    text = _SCHEME.sub("", normalise(url), count=1).removeprefix("www.").rstrip("/")
    if not text and doi:
        # No DOI, but all there is to know the work by.
        text = _UNSAFE.sub("", doi).lower().encode("ascii", "backslashreplace").decode()
    return _fitting(text)


def ascii_host(host: str) -> str:
    """A host's name as it is looked up: in lower case and ASCII, without closing dots.

    Raises ValueError.
    """
    name = host if host.isascii() else host.encode("idna").decode()
    if _UNSAFE.search(name):
        raise ValueError(f"{host!r} is no name of a host.")
    return name.lower().rstrip(".")


def as_ascii(text: str) -> str:
    """A path or query whose other characters are percent-encoded; what is encoded stays."""
    return quote(text, safe="%/:;=?@&#+$,!~*'()[]|", errors="replace")


def _without_tracking(query: str) -> str:
    def tracks(pair: str) -> bool:
        name = pair.partition("=")[0].lower()
        return name.startswith("utm_") or name in TRACKING

    return "&".join(pair for pair in query.split("&") if pair and not tracks(pair))


def _of_doi(doi: str) -> str:
    text = _DOI_PREFIX.sub("", unquote(doi or "").strip(), count=1).lower()
    if not _DOI.fullmatch(text):
        return ""
    if text.startswith(_ARXIV_DOI) and (found := _arxiv(text.removeprefix(_ARXIV_DOI))):
        return found
    return f"doi:{as_ascii(text)}"


def _of_doi_address(url: str) -> str:
    text = (url or "").strip()
    if text[:4].lower() == "doi:":
        return _of_doi(text)
    place, _, path = _SCHEME.sub("", normalise(text), count=1).partition("/")
    return _of_doi(path.partition("?")[0].rstrip("/")) if place in _DOI_HOSTS else ""


def _of_arxiv(url: str) -> str:
    text = (url or "").strip()
    if text[:6].lower() == "arxiv:":
        return _arxiv(text[6:].strip())
    place, slash, rest = _SCHEME.sub("", normalise(text), count=1).partition("/")
    if place not in ("arxiv.org", "xxx.lanl.gov", "ar5iv.org") and not place.endswith(".arxiv.org"):
        return ""
    path = _ARXIV_PATH.fullmatch((slash + rest).partition("?")[0].rstrip("/"))
    return _arxiv(unquote(path[1])) if path else ""


def _arxiv(text: str) -> str:
    """The number without version; an old one, math.GT/0309136, without the class of its archive."""
    found = _ARXIV.fullmatch(text)
    if found is None:
        return ""
    number = f"{found['archive']}/{found['old']}" if found["old"] else found["number"]
    return f"arxiv:{number.lower()}"


def _fitting(text: str) -> str:
    if len(text) <= MOST_CHARACTERS:
        return text
    mark = hashlib.sha256(text.encode()).hexdigest()
    return text[: MOST_CHARACTERS - len(mark)] + mark
