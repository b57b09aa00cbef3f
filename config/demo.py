"""A throw-away Casebook, used over HTTP as any client would: `start.py demo`.

Starts `start.py` itself on a temporary state folder and a free port, reads content, runs two
jobs on the workers, prints what came back and stops the site again.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS, JOB_SECONDS = 120.0, 60.0
# A throw-away site uses nothing of the real one.
REAL = ("DATABASE_URL", "BROKER_URL", "CACHE_URL", "SITE_URL", "SECRET_KEY", "HOST")
ATTENTION = {
    "kind": "multi-head-attention",
    "params": {"text": "the cat sat on the mat", "d_model": 8, "num_heads": 2, "seed": 7},
}
BETA_BINOMIAL = {
    "kind": "conjugate-update",
    "params": {
        "family": "beta-binomial",
        "prior": {"alpha": 2, "beta": 2},
        "data": {"successes": 14, "trials": 20},
    },
}


class DemoError(Exception):
    """One sentence: what did not work."""


class Client:
    """The HTTP API of one site, with the standard library only."""

    def __init__(self, site: str) -> None:
        self.site = site

    def get(self, path: str) -> Any:
        return self._call(path)

    def run_job(self, job: dict[str, Any]) -> dict[str, Any]:
        """Submit a job and wait for its result; asks again as long as it is not finished."""
        deadline = time.monotonic() + JOB_SECONDS
        answer = self._call("/api/v1/compute/jobs/", job)
        while answer["state"] in ("queued", "running"):
            if time.monotonic() > deadline:
                raise DemoError(f"The job {job['kind']} was not done after {JOB_SECONDS:.0f} s.")
            answer = self._call(f"/api/v1/compute/jobs/{answer['id']}/")
        if answer["state"] != "succeeded":
            raise DemoError(f"The job {job['kind']} is {answer['state']}: {answer['error']}.")
        result: dict[str, Any] = answer["result"]
        return result

    def _call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            self.site + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Accept": "application/json",
                "Content-Type": "application/json",
                "Prefer": "wait=20",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=40) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            text = error.read(500).decode("utf-8", "replace")
            raise DemoError(f"{path} answered {error.code}: {text}") from None
        except (OSError, ValueError) as error:
            raise DemoError(f"{path} did not answer: {error}.") from None


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    started = time.monotonic()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="casebook-demo-") as state,
            running_site(Path(state)) as site,
        ):
            print(f"A throw-away Casebook runs at {site} ({time.monotonic() - started:.0f} s).")
            show(Client(site))
    except DemoError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    print(f"\nThe demo is done after {time.monotonic() - started:.0f} s; nothing of it is left.")
    return 0


@contextlib.contextmanager
def running_site(state: Path) -> Iterator[str]:
    """Run `start.py` on the state folder until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name not in REAL}
    environment |= {"CASEBOOK_VAR": str(state), "PORT": str(port)}
    output = state / "start.txt"
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "start.py")],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        site = f"http://127.0.0.1:{port}"
        wait_until_ready(site, process, output)
        yield site
    finally:
        process.terminate()
        process.wait()


def wait_until_ready(site: str, process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    trouble: object = "nothing answers"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DemoError(f"The site did not start: {output.read_text().strip()}")
        try:
            with urllib.request.urlopen(f"{site}/readyz", timeout=5):
                return
        except (OSError, ValueError) as error:
            trouble = error
        time.sleep(0.1)
    raise DemoError(
        f"The site was not ready after {START_SECONDS:.0f} s ({trouble}): "
        f"{output.read_text().strip()}"
    )


def show(client: Client) -> None:
    """Read and compute as a client would, and print the answers. Raises DemoError."""
    try:
        today = client.get("/api/v1/digest/today/")
        print(f"\nThe digest of {today['date']}:\n  {today['introduction']}")
        for part in ("topic", "problem", "case_study"):
            print(f"  - {today[part]['title']}: {today[part]['text']}")

        cases = client.get("/api/v1/case-studies/")
        print(f"\n{cases['count']} case studies:")
        for case in cases["results"]:
            print(f"  {case['title']} ({case['company']['name']}, {case['year']})")

        case = client.get("/api/v1/case-studies/netflix-recommender-system/")
        print(f"\n{case['title']}\n  {case['summary']}")
        print(f"  {len(case['sections'])} sections, {len(case['sources'])} sources, among them:")
        for source in case["sources"][:3]:
            print(f"  - {source['title']} ({source['year']})")

        topic = client.get("/api/v1/topics/bayesian-inference/")
        print(f"\n{topic['title']} ({topic['minutes']} minutes)\n  {topic['summary']}")
        print(f"  {len(topic['examples'])} computed examples")

        attention = client.run_job(ATTENTION)
        print(f"\nMulti-head attention over '{' '.join(attention['tokens'])}', first head:")
        for token, row in zip(attention["tokens"], attention["weights"][0], strict=True):
            print(f"  {token:>4}  " + " ".join(f"{weight:.2f}" for weight in row))

        update = client.run_job(BETA_BINOMIAL)
        posterior, summary = update["posterior"], update["summary"]
        low, high = summary["eti"]
        print("\nBeta(2, 2) after 14 successes in 20 trials:")
        print(f"  posterior Beta({posterior['alpha']:g}, {posterior['beta']:g})")
        print(f"  mean {summary['mean']:.4f}, 95 % interval from {low:.4f} to {high:.4f}")
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise DemoError(f"An answer lacks what the API promises: {error!r}.") from error


if __name__ == "__main__":
    sys.exit(main())
