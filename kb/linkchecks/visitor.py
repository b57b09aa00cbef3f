"""One visit to one link: HEAD, then GET where HEAD does not do, and redirects followed by hand.

Knows no Django. Each redirect is an address like any other: its name is looked up once, all that it
is known as must be allowed, and the connection goes to what was looked up; so a name that means
something else a moment later leads nowhere else.
"""

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import urldefrag, urljoin

from kb.linkchecks import guard
from kb.linkchecks.exchange import Answer, NotConnected, Unanswered, connected, exchange
from kb.linkchecks.guard import Refused, Target, target_of

CONNECT_SECONDS = 10.0
# Of one request. HEAD may use up no more than this, so that GET has a chance.
REQUEST_SECONDS = 10.0
# Of all of a visit, with the waiting between requests to one host.
VISIT_SECONDS = 20.0
MOST_REDIRECTS = 5
# Between two requests to one host, whoever makes them.
PAUSE_SECONDS = 2.0
# So long a host is left alone when it asks for it; a link of it may wait longer.
LONGEST_PAUSE = 86_400

REDIRECTS = (301, 302, 303, 307, 308)
PERMANENT = (301, 308)
GONE = (404, 410)
# By what a page is known whose server wants to see a browser with a person at it.
BOT_WALLS = re.compile(
    rb"<title>(just a moment|attention required|access denied|are you a robot|robot check"
    rb"|human verification|pardon our interruption)"
    rb"|incapsula incident id|px-captcha|geo\.captcha-delivery\.com",
    re.IGNORECASE,
)


class Result(StrEnum):
    """What one visit found. Which state the link has after it is for kb/models/linkchecks.py."""

    OK = "ok"
    MOVED = "moved"
    # It answers, but not to us: a person should look.
    BLOCKED = "blocked"
    FAILED = "failed"
    # Nothing was learned: the name could not be looked up, or our own network is away.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Visit:
    result: Result
    detail: str
    status_code: int | None = None
    # Where the last answer came from; with `moved` where the page has gone for good.
    location: str = ""
    method: str = ""
    # Seconds that the server asks us to stay away.
    retry_after: int | None = None


class HostBusy(Exception):
    """Somebody else asks this host at the moment. Nothing was learned; visit it later."""


class _NotLookedUp(Exception):
    """It is not known whether there is such a host."""


class Turns(Protocol):
    """Who may ask a host now: one at a time."""

    def take(self, host: str) -> object | None:
        """The token of a turn, or None while somebody else has it or the host has a pause."""

    def give_back(self, host: str, token: Any, pause: float) -> None:
        """End the turn; the next may begin after so many seconds."""


class Visitor:
    """Visits links. `resolve` and `why_not` are the guard's; tests have their own."""

    def __init__(
        self,
        turns: Turns,
        user_agent: str,
        *,
        resolve: Callable[[str, int], list[str]] = guard.system_addresses,
        why_not: Callable[[str, int], str] = guard.why_not,
        tls: ssl.SSLContext | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        request_seconds: float = REQUEST_SECONDS,
        visit_seconds: float = VISIT_SECONDS,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self.turns, self.user_agent = turns, user_agent
        self.resolve, self.why_not = resolve, why_not
        self.tls = tls or ssl.create_default_context()
        self.connect_seconds, self.request_seconds = connect_seconds, request_seconds
        self.visit_seconds, self.pause_seconds = visit_seconds, pause_seconds

    def visit(self, url: str) -> Visit:
        """Visit a link. Raises HostBusy.

        At once if its host is taken; if that of a redirect is, after the time of a visit.
        """
        return _Trip(self, time.monotonic() + self.visit_seconds).follow(url)


class _Trip:
    """One visit under way: where it is, and how long it may still take."""

    def __init__(self, visitor: Visitor, deadline: float) -> None:
        self.visitor, self.deadline = visitor, deadline
        self.asked = False
        self.method = "HEAD"
        self.status: int | None = None
        self.at = ""

    def follow(self, url: str) -> Visit:
        try:
            return self._follow(url)
        except Refused as exc:
            return self._visit(Result.BLOCKED, str(exc))
        except Unanswered as exc:
            return self._visit(Result.FAILED, str(exc))
        except _NotLookedUp as exc:
            return self._visit(Result.UNKNOWN, str(exc))

    def _follow(self, url: str) -> Visit:
        seen: list[str] = []
        moved_to, for_good = "", True
        while True:
            target = target_of(url)
            if target.url in seen:
                # Often the server wants to see its cookie again.
                return self._visit(Result.BLOCKED, "It redirects in a circle.")
            seen.append(target.url)
            if for_good and len(seen) > 1:
                moved_to = target.url
            self.status, self.at = None, target.url
            answer = self._ask(target)
            self.status = answer.status
            if answer.status not in REDIRECTS:
                return self._judge(answer, moved_to)
            if not answer.location:
                return self._visit(Result.BLOCKED, "It redirects without saying where to.")
            if len(seen) > MOST_REDIRECTS:
                return self._visit(
                    Result.BLOCKED, f"It redirects more than {MOST_REDIRECTS} times."
                )
            for_good = for_good and answer.status in PERMANENT
            url = self._next(target.url, answer.location)

    def _next(self, url: str, location: str) -> str:
        try:
            joined = urldefrag(urljoin(url, location)).url
            target_of(joined)
        except (ValueError, Refused) as exc:
            reason = str(exc) if isinstance(exc, Refused) else "The address cannot be read."
            raise Refused(f"It redirects to an address that is not visited. {reason}") from None
        return joined

    def _judge(self, answer: Answer, moved_to: str) -> Visit:
        status = answer.status
        if BOT_WALLS.search(answer.body) or "cf-mitigated" in answer.headers:
            return self._visit(Result.BLOCKED, "It asks for a person at a browser.")
        if 200 <= status < 300:
            if moved_to:
                moved = self._visit(Result.MOVED, "It has moved for good.")
                return replace(moved, location=moved_to)
            return self._visit(Result.OK, "It answers.")
        if status in GONE:
            return self._visit(Result.FAILED, "The page is not there.")
        if status >= 500 and status not in (503, 999):
            return self._visit(Result.FAILED, "The server fails.")
        visit = self._visit(Result.BLOCKED, "It answers, but not to us.")
        return replace(visit, retry_after=answer.retry_after)

    def _visit(self, result: Result, detail: str) -> Visit:
        method = self.method if self.asked else ""
        return Visit(result, detail, self.status, self.at, method)

    # --- one hop ------------------------------------------------------------------------------

    def _ask(self, target: Target) -> Answer:
        """By HEAD, then by GET where HEAD fails or is refused; from then on by GET alone."""
        addresses = self._addresses(target)
        if self.method == "HEAD":
            try:
                answer = self._request(target, addresses)
                # Who asks to be left alone is not asked again at once.
                if answer.status < 400 or answer.retry_after or answer.status == 429:
                    return answer
            except NotConnected:
                raise
            except Unanswered:
                pass
            self.method = "GET"
        return self._request(target, addresses)

    def _addresses(self, target: Target) -> list[str]:
        """What the host is known as, all of which is allowed. Looked up this once."""
        self._left()
        if found := guard.literal(target.host):
            addresses = [found]
        else:
            try:
                addresses = self.visitor.resolve(target.host, target.port)
            except socket.gaierror as exc:
                if exc.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None)):
                    raise NotConnected("There is no such host.") from None
                raise _NotLookedUp("The host could not be looked up.") from None
            except (OSError, UnicodeError):
                raise _NotLookedUp("The host could not be looked up.") from None
        if not addresses:
            raise NotConnected("There is no such host.")
        for address in addresses:
            if reason := self.visitor.why_not(address, target.port):
                raise Refused(reason)
        return addresses

    def _request(self, target: Target, addresses: list[str]) -> Answer:
        with self._turn(target.host) as pauses:
            self.asked = True
            deadline = min(self.deadline, time.monotonic() + self.visitor.request_seconds)
            visitor, seconds = self.visitor, self.visitor.connect_seconds
            with connected(target, addresses, visitor.tls, seconds, deadline) as sock:
                answer = exchange(self.method, target, sock, deadline, visitor.user_agent)
            if answer.retry_after:
                pauses.append(min(answer.retry_after, LONGEST_PAUSE))
        return answer

    @contextmanager
    def _turn(self, host: str) -> Iterator[list[float]]:
        """The host's turn, and afterwards its longest pause of those in the list."""
        turns, pauses = self.visitor.turns, [self.visitor.pause_seconds]
        while (token := turns.take(host)) is None:
            # The first request of a visit does not wait: there are other links to visit.
            if not self.asked or time.monotonic() >= self.deadline:
                raise HostBusy(host)
            time.sleep(0.1)
        try:
            yield pauses
        finally:
            turns.give_back(host, token, max(pauses))

    def _left(self) -> None:
        if time.monotonic() >= self.deadline:
            raise Unanswered("It took too long.")
