"""Places in a JSON body."""


def pointer(*parts: str | int) -> str:
    """The JSON pointer (RFC 6901) of a place, safe to encode whatever a client named its keys."""
    names = (str(part).encode("utf-8", "replace").decode() for part in parts)
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names)
