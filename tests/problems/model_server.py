"""A server on this machine that speaks the chat completions of OpenAI's API, well or badly."""

import contextlib
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

WORDS = "The likelihood alone is no posterior: multiply it by the prior, and normalise."


def completion(text: object) -> bytes:
    """The body of a good answer."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    whole = {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
    return json.dumps(whole | {"choices": [choice]}).encode()


class ModelServer:
    """What it was asked, and what it will answer; to be changed by a test."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/v1"
        self.status, self.body = 200, completion(WORDS)
        # Seconds before it answers; and between two pieces of the body.
        self.delay = self.pause = 0.0
        # How many bytes of the body it promises and never sends.
        self.missing = 0
        self.asked: list[dict] = []
        self.paths: list[str] = []
        self.keys: list[str] = []

    @property
    def told(self) -> str:
        """Everything that it was ever sent, as one text."""
        return "\n".join(message["content"] for one in self.asked for message in one["messages"])


@contextlib.contextmanager
def model_server() -> Iterator[ModelServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.asked.append(json.loads(body))
            server.paths.append(self.path)
            server.keys.append(self.headers["Authorization"])
            time.sleep(server.delay)
            with contextlib.suppress(OSError):
                self.send_response(server.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(server.body) + server.missing))
                self.end_headers()
                self._send_body()

        def _send_body(self):
            if not server.pause:
                self.wfile.write(server.body)
                return
            for place in range(len(server.body)):
                self.wfile.write(server.body[place : place + 1])
                time.sleep(server.pause)

        def log_message(self, *_):
            """Nothing: the tests look at what was asked."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = ModelServer(http.server_address[1])
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
