"""Random faults under random work, for as long as you like: `make soak`.

    python -m tests.soak --minutes 5 --seed 1 --database sqlite

Real processes, as in tests/faults, whose faults these are. Each database has its share of the
time. It ends with what was done, and with status 1 if a job was lost, ended twice or ended as it
should not. The seed decides which faults and which jobs come in which order; how they meet is up
to the machine.
"""

import argparse
import contextlib
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

from tests.faults.faults import FAULTS
from tests.faults.lanes import jobs_where
from tests.worker import NO_ANSWER, Casebook, Tally, running_casebook

Fault = Callable[[Casebook], AbstractContextManager[None]]

CLIENTS = 4
# A client submits so many jobs at once, and the next ones when they have ended or after so long.
MOST_AT_ONCE, PATIENCE = 4, 5
# How long everything that is unfinished in the end has to end, its workers lost twice.
SETTLE_SECONDS = 120
RECOVERY_SECONDS = 60


class Sort(NamedTuple):
    """Of work: its kind, how many seconds it takes, how often it comes, and how it ends."""

    kind: str
    least: float
    most: float
    weight: int
    end: str


WORK = {
    "small": Sort("sleep", 0, 0.05, 10, "succeeded"),
    "slow": Sort("sleep", 0.5, 2, 4, "succeeded"),
    "in parts": Sort("split", 0, 0.3, 3, "succeeded"),
    "raises": Sort("raises", 0, 0, 2, "internal"),
    "too large": Sort("memory", 0, 0, 1, "memory-limit"),
    "past its limit": Sort("late", 5, 30, 1, "time-limit"),
    "kills its process": Sort("killed", 0, 0, 1, "worker-lost"),
}
CANCELLED_SHARE = 0.1


class Client(threading.Thread):
    """Submits random work, cancels some of it, and waits for it, over and over."""

    def __init__(self, soak: "Soak", number: int) -> None:
        super().__init__(daemon=True)
        self.soak, self.random = soak, random.Random(f"{soak.seed} {number}")

    def run(self) -> None:
        while not self.soak.stop.is_set():
            mine = [self.submit() for _ in range(self.random.randint(1, MOST_AT_ONCE))]
            self.wait_for([pk for pk in mine if pk])

    def submit(self) -> str | None:
        [name] = self.random.choices(list(WORK), [sort.weight for sort in WORK.values()])
        pk = self.soak.submit(name, self.random.uniform(WORK[name].least, WORK[name].most))
        if pk and self.random.random() < CANCELLED_SHARE:
            self.soak.stop.wait(self.random.uniform(0, 0.5))
            with contextlib.suppress(*NO_ANSWER):
                self.soak.asked_to_cancel.add(pk)
                self.soak.casebook.call(f"jobs/{pk}/cancel/", {})
        return pk

    def wait_for(self, jobs: list[str]) -> None:
        tally, deadline = Tally(self.soak.casebook, jobs), time.monotonic() + PATIENCE
        while not tally.look() and time.monotonic() < deadline and not self.soak.stop.wait(0.2):
            pass


class Soak:
    """One database, for so many seconds: faults, work, and what became of both."""

    def __init__(self, casebook: Casebook, seed: int, faults: list[Fault]) -> None:
        self.casebook, self.seed, self.faults = casebook, seed, faults
        self.random = random.Random(seed)
        self.stop = threading.Event()
        self.work: dict[str, str] = {}
        self.asked_to_cancel: set[str] = set()
        self.answers: Counter[str] = Counter()
        self.fault, self.ended_by_themselves = "no fault", 0
        self.times: Counter[str] = Counter()
        self.submits: defaultdict[str, float] = defaultdict(float)
        self.recoveries: defaultdict[str, float] = defaultdict(float)

    def run(self, seconds: float) -> None:
        clients = [Client(self, number) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            end = time.monotonic() + seconds
            # Each fault once, in a random order, and again.
            waiting: list[Fault] = []
            while (left := end - time.monotonic()) > 0:
                waiting = waiting or self.random.sample(self.faults, len(self.faults))
                time.sleep(min(left, self.random.uniform(0.2, 2)))
                self.make(waiting.pop())
        finally:
            self.stop.set()
            for client in clients:
                client.join(timeout=PATIENCE)

    def make(self, fault: Fault) -> None:
        self.fault = fault.__name__.replace("_", " ")
        print(f"fault: {self.fault}", flush=True)
        with fault(self.casebook):
            time.sleep(self.random.uniform(0.5, 4))
        started = time.monotonic()
        self.recover()
        seconds = time.monotonic() - started
        self.recoveries[self.fault] = max(self.recoveries[self.fault], seconds)
        self.times[self.fault] += 1
        # Nobody starts again here what ends by itself.
        for program in self.casebook.start_what_ended():
            self.ended_by_themselves += 1
            print(f"ended by itself: {program.log.read_text()[-2000:]}")
        self.fault = "no fault"

    def recover(self) -> None:
        """Until a job that is submitted after the fault goes all the way."""
        deadline = time.monotonic() + RECOVERY_SECONDS
        while time.monotonic() < deadline:
            if pk := self.submit("small", 0):
                Tally(self.casebook, [pk]).wait(deadline - time.monotonic())
                return
            time.sleep(0.1)

    def submit(self, name: str, seconds: float) -> str | None:
        """The job, if the site took it."""
        fault, started = self.fault, time.monotonic()
        try:
            status, body, _ = self.casebook.try_to_submit(WORK[name].kind, seconds)
        except NO_ANSWER:
            self.answers["no answer"] += 1
            time.sleep(0.1)
            return None
        self.answers[str(status)] += 1
        if status != 202:
            return None
        self.submits[fault] = max(self.submits[fault], time.monotonic() - started)
        self.work[body["id"]] = name
        return body["id"]

    def report(self) -> bool:
        """Print what was done; whether nothing is wrong."""
        # What was taken and whose answer was lost with the server has to end, too.
        unanswered = set(jobs_where(self.casebook.database, "true")) - set(self.work)
        tally = Tally(self.casebook, [*self.work, *unanswered])
        tally.wait(SETTLE_SECONDS)
        time.sleep(0.5)
        ends: defaultdict[str, Counter[str]] = defaultdict(Counter)
        wrong = 0
        for pk, job in tally.ended.items():
            name = self.work.get(pk, "answer lost")
            outcome = outcome_of(job)
            ends[name][outcome] += 1
            wrong += outcome not in self.allowed(pk, name)
        self.print_tables(ends)
        counters = {
            "lost": tally.lost(),
            "finished twice": tally.twice(),
            "result of another": tally.forged(),
            "ended as it should not": wrong,
            "programs that ended by themselves": self.ended_by_themselves,
            "answered with an error of the server": self.answers["500"],
        }
        for name, count in counters.items():
            print(f"{name} = {count}")
        return not any(counters.values())

    def allowed(self, pk: str, name: str) -> set[str]:
        # Three faults in a row may take its worker from any job.
        allowed = {"worker-lost"}
        allowed |= {WORK[name].end} if name in WORK else {sort.end for sort in WORK.values()}
        return allowed | ({"cancelled"} if pk in self.asked_to_cancel else set())

    def print_tables(self, ends: dict[str, Counter[str]]) -> None:
        print(f"\n{'fault':24} {'times':>5} {'slowest submit':>15} {'slowest recovery':>17}")
        for name in ["no fault", *sorted(self.times)]:
            times, recovery = self.times[name] or "", self.recoveries.get(name)
            text = "" if recovery is None else f"{recovery:.2f} s"
            print(f"{name:24} {times:>5} {self.submits[name]:>13.3f} s {text:>17}")
        print(f"\n{'work':24} {'jobs':>5}  outcomes")
        for name, outcomes in ends.items():
            words = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
            print(f"{name:24} {outcomes.total():>5}  {words}")
        words = ", ".join(f"{count} × {answer}" for answer, count in self.answers.most_common())
        print(f"\nanswers to submits: {words}")
        print(f"slowest submit {max(self.submits.values(), default=0):.3f} s, ", end="")
        print(f"slowest recovery {max(self.recoveries.values(), default=0):.2f} s")


def outcome_of(job: dict[str, Any]) -> str:
    """The state, or the code of the error."""
    return job["error"]["code"] if job["state"] == "failed" else job["state"]


def soak(name: str, seconds: float, seed: int) -> bool:
    """Whether all was well on the database of this name."""
    print(f"\n{name}, {seconds:.0f} s, seed {seed}", flush=True)
    with (
        tempfile.TemporaryDirectory(prefix="casebook-soak-") as folder,
        running_casebook(Path(folder), name) as casebook,
    ):
        run = Soak(casebook, seed, FAULTS[name])
        run.run(seconds)
        return run.report()


def arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--minutes", type=float, default=5, help="all in all (default 5)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="default: random")
    parser.add_argument("--database", choices=[*FAULTS, "both"], default="both")
    return parser.parse_args(words)


def stop_as_by_ctrl_c(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main(words: list[str]) -> int:
    given = arguments(words)
    signal.signal(signal.SIGTERM, stop_as_by_ctrl_c)
    names = list(FAULTS) if given.database == "both" else [given.database]
    try:
        well = [soak(name, given.minutes * 60 / len(names), given.seed) for name in names]
    except KeyboardInterrupt:
        print("\nStopped; every process is gone.")
        return 130
    print("\nNothing is wrong." if all(well) else f"\nSomething is wrong; seed {given.seed}.")
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
