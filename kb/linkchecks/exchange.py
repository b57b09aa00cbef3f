"""One request and its answer, of which nothing is believed.

It is sent to an address that was allowed, never to a name; the answer is read up to a bound and
until a moment, and never decompressed. No proxy and no cookie.
"""

import email.utils
import http.client
import io
import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from kb.linkchecks.guard import Target

MOST_BYTES = 64_000
ASKS_TO_WAIT = (429, 503)


class Unanswered(Exception):
    """There is no answer, or none that is HTTP. The message is a sentence."""


class NotConnected(Unanswered):
    """Another request would end the same way."""


@dataclass(frozen=True)
class Answer:
    """What a server said to one request. `body` is the beginning of it."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def retry_after(self) -> int | None:
        if self.status not in ASKS_TO_WAIT:
            return None
        return _seconds(self.headers.get("Retry-After", ""))

    @property
    def location(self) -> str:
        # Sent as bytes, read as Latin-1, and meant as UTF-8 if it is not ASCII.
        text: str = self.headers.get("Location", "")
        return text.encode("latin-1", "replace").decode("utf-8", "replace").strip()


class _Stream(io.RawIOBase):
    """What a socket sends, up to a bound and until a moment, however slowly it drips."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.sock, self.deadline, self.room = sock, deadline, 2 * MOST_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.room <= 0:
            raise Unanswered("The head of its answer is too long.")
        self.sock.settimeout(_until(self.deadline))
        count = self.sock.recv_into(buffer, min(len(buffer), self.room))
        self.room -= count
        return count


class _Socket:
    """As much of a socket as http.client asks for."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.sock, self.deadline = sock, deadline

    def sendall(self, data: bytes) -> None:
        self.sock.settimeout(_until(self.deadline))
        self.sock.sendall(data)

    def makefile(self, *_: Any) -> io.BufferedReader:
        return io.BufferedReader(_Stream(self.sock, self.deadline))

    def close(self) -> None:
        """The one who connected it closes it."""


@contextmanager
def connected(
    target: Target, addresses: list[str], tls: ssl.SSLContext, seconds: float, deadline: float
) -> Iterator[socket.socket]:
    """A connection within so many seconds to one of these addresses and to nothing else.

    By TLS for https, whose certificate must be one of the host's name. Raises NotConnected.
    """
    sock = _connect(target, addresses, min(deadline, time.monotonic() + seconds))
    # Without the `with`, a failed handshake would leave it open.
    with sock:
        if target.scheme == "http":
            yield sock
            return
        try:
            sock.settimeout(_until(deadline))
            secured = tls.wrap_socket(sock, server_hostname=target.host)
        except ssl.SSLCertVerificationError as exc:
            raise NotConnected(f"Its certificate is not valid: {exc.verify_message}.") from None
        except TimeoutError:
            raise NotConnected("It did not answer in time.") from None
        except (OSError, ValueError):
            raise NotConnected("It speaks no TLS that can be trusted.") from None
        with secured:
            yield secured


def _connect(target: Target, addresses: list[str], deadline: float) -> socket.socket:
    problem: OSError = TimeoutError()
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(_until(deadline))
            sock.connect((address, target.port))
        except OSError as exc:
            problem = exc
            sock.close()
        else:
            return sock
    if isinstance(problem, TimeoutError):
        raise NotConnected("It did not answer in time.")
    if isinstance(problem, ConnectionError):
        raise NotConnected("It refuses the connection.")
    raise NotConnected("There is no way to its network.")


def exchange(
    method: str, target: Target, sock: socket.socket, deadline: float, user_agent: str
) -> Answer:
    """Ask, and read the answer. Raises Unanswered."""
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = _Socket(sock, deadline)
    headers = {
        "Host": target.url.split("/", 3)[2],
        "User-Agent": user_agent,
        "Accept": "text/html, application/pdf, */*",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    try:
        connection.request(method, target.path, headers=headers)
        response = connection.getresponse()
        return Answer(response.status, response.headers, _beginning(response))
    except TimeoutError:
        raise Unanswered("It did not answer in time.") from None
    except ConnectionError:
        raise Unanswered("It closed the connection without an answer.") from None
    except (http.client.HTTPException, OSError, ValueError):
        raise Unanswered("Its answer is no HTTP.") from None


def _beginning(response: http.client.HTTPResponse) -> bytes:
    """As much of the body as there is in time; what goes wrong with it is no matter."""
    body = bytearray()
    with suppress(http.client.HTTPException, OSError, ValueError, Unanswered):
        while len(body) < MOST_BYTES and (piece := response.read1(MOST_BYTES - len(body))):
            body += piece
    return bytes(body)


def _until(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _seconds(retry_after: str) -> int | None:
    """How long the header Retry-After asks us to wait, by seconds or by date."""
    text = retry_after.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return int(text)
    try:
        moment = email.utils.parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return max(0, round(min(moment - time.time(), 10**9)))
