"""A web server on this machine that misbehaves in each way, by path."""

import contextlib
import gzip
import ssl
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread

# Any name under it leads to the server, by the resolver of the tests.
DOMAIN = "links.example"
LONG = 60
# 20 MB, in a small answer.
BOMB = gzip.compress(bytes(20_000_000))


class LinkServer:
    """What it was asked, and whether it was ever asked twice at once under one name."""

    def __init__(self) -> None:
        self.port = 0
        self.scheme = "http"
        # Answers of a test's own: path → (status, headers).
        self.answers: dict[str, tuple[int, dict[str, str]]] = {}
        self.seconds = 0.0
        self.asked: list[tuple[str, str]] = []
        self.moments: dict[str, list[tuple[float, float]]] = {}
        self.headers: list[dict[str, str]] = []
        self.connections = 0
        self.sent = 0
        self.ended = False
        self.lock = Lock()

    def url(self, path: str = "/", host: str = f"www.{DOMAIN}") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    @property
    def methods(self) -> list[str]:
        return [method for method, _ in self.asked]

    def most_at_once(self, host: str) -> int:
        """How many requests under this name were under way at the same moment."""
        spans = self.moments.get(host, [])
        return max((sum(a <= start < b for a, b in spans) for start, _ in spans), default=0)


class Handler(BaseHTTPRequestHandler):
    server: "Server"

    def setup(self) -> None:
        with self.server.state.lock:
            self.server.state.connections += 1
        super().setup()

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        state, begun = self.server.state, time.monotonic()
        host = self.headers["Host"].partition(":")[0]
        with state.lock:
            state.asked.append((self.command, self.path))
            state.headers.append(dict(self.headers))
        time.sleep(state.seconds)
        with contextlib.suppress(OSError):
            self.misbehave(self.path.partition("?")[0].strip("/"))
        self.close_connection = True
        with state.lock:
            state.moments.setdefault(host, []).append((begun, time.monotonic()))

    def misbehave(self, name: str) -> None:
        state = self.server.state
        if self.path in state.answers:
            self.say(*state.answers[self.path])
        elif name.isdecimal():
            self.say(int(name), {})
        elif name.startswith("no-head-"):
            self.say(int(name[8:]) if self.command == "HEAD" else 200, {})
        elif name == "head-hangs" and self.command == "HEAD":
            self.drip(b"")
        elif name == "closes" or (name == "head-closes" and self.command == "HEAD"):
            return
        elif name == "garbage":
            self.wfile.write(b"\x00\xff what is this?\r\n\r\n")
        elif name == "no-status":
            self.wfile.write(b"HTTP/1.1 fine OK\r\n\r\n")
        elif name == "long-header":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200_000 + b"\r\n\r\n")
        elif name == "many-headers":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X-Many: x\r\n" * 5_000 + b"\r\n")
        elif name == "endless-continue":
            self.pour(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
        elif name == "slow-head":
            self.drip(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        elif name == "slow-status":
            self.drip(b"")
        elif name == "slow-body":
            self.say(200 if self.command == "GET" else 405, {"Content-Length": "1000"})
            self.drip(b"")
        elif name == "endless":
            self.say(200 if self.command == "GET" else 405, {})
            self.pour(b"x" * 10_000)
        elif name == "bomb":
            headers = {"Content-Encoding": "gzip"}
            self.say(200 if self.command == "GET" else 405, headers)
            self.wfile.write(BOMB)
        elif name == "bot-wall":
            self.say(200 if self.command == "GET" else 405, {})
            self.wfile.write(b"<html><title>Just a moment...</title>")
        elif name.startswith("again-"):
            self.say(302, {"Location": f"/again-{int(name[6:]) + 1}"})
        else:
            self.say(200, {})

    def say(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header, value)
        self.end_headers()

    def drip(self, beginning: bytes) -> None:
        """A byte now and then, each well within any time-out of its own."""
        self.wfile.write(beginning)
        end = time.monotonic() + LONG
        while time.monotonic() < end and not self.server.state.ended:
            self.wfile.write(b"x")
            time.sleep(0.05)

    def pour(self, piece: bytes) -> None:
        while not self.server.state.ended:
            self.wfile.write(piece)
            self.server.state.sent += len(piece)

    def log_message(self, *_: object) -> None:
        """Into no log."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    state: LinkServer

    def handle_error(self, *_: object) -> None:
        """A client that hangs up, or that will not speak TLS with us, is what is tested."""


@contextlib.contextmanager
def link_server(tls: tuple[Path, Path] | None = None) -> Iterator[LinkServer]:
    """The server; by TLS with a certificate and its key."""
    server = Server(("127.0.0.1", 0), Handler)
    server.state = state = LinkServer()
    state.port = server.server_port
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        state.scheme = "https"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.ended = True
        server.shutdown()
        server.server_close()
        thread.join()
