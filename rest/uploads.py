"""One file in a form: refused before it is read where it is too large."""

from django.core.files.uploadedfile import UploadedFile

from rest.errors import Refused
from rest.json import BodyTooLarge
from rest.pointers import pointer

# What a form adds to its file: boundaries, names, types.
FORM_BYTES = 10_000
MOST_UNKNOWN = 10


def refuse_large(request, most: int) -> None:
    """Raises BodyTooLarge for a body that holds more than a file of so many bytes; 411 if unknown.

    To be called before anything looks at the request: with a session, looking for the CSRF token
    would read the whole form. The server reads no more than Content-Length says.
    """
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        raise Refused(411, "Send the file with Content-Length, not in chunks of unknown number.")
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > most + FORM_BYTES:
        raise _too_large(most)


def uploaded_file(request, name: str, most: int) -> UploadedFile:
    """The one file of a form, which has nothing else. Raises Refused or BodyTooLarge."""
    if unknown := sorted(set(request.data) - {name}):
        detail = f"There is no such field here; there is {name}."
        places = [pointer(other) for other in unknown[:MOST_UNKNOWN]]
        raise Refused(422, detail, [_error(place, "unknown", detail) for place in places])
    given = request.data.getlist(name) if request.data else []
    if len(given) != 1 or not isinstance(given[0], UploadedFile):
        detail = f"Send one file, with its file name, as the field {name} of multipart/form-data."
        raise Refused(422, detail, [_error(pointer(name), "missing", detail)])
    if given[0].size > most:
        raise _too_large(most)
    return given[0]


def _too_large(most: int) -> BodyTooLarge:
    return BodyTooLarge(f"The file is larger than {most:,} bytes.")


def _error(place: str, code: str, detail: str) -> dict:
    return {"pointer": place, "code": code, "detail": detail}
