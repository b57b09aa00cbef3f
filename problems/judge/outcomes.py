"""What is asked of the sandbox and what it answers, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from problems.judge.codec import Value


@dataclass(frozen=True)
class Limits:
    """What one submission may use, all its calls together."""

    time_seconds: float = 2.0  # of CPU; of the clock 2.5 times as much and half a second
    memory_mb: int = 256  # beyond what the interpreter and NumPy take
    output_bytes: int = 64 * 1024  # printed

    @property
    def wall_seconds(self) -> float:
        return 2.5 * self.time_seconds + 0.5


@dataclass(frozen=True)
class Call:
    """One call of the learner's function.

    `expected_bytes` is the size of the expected result as `codec.encode` writes it; the result may
    take 4 KB and four times as much. The process never learns it.
    """

    arguments: Mapping[str, Value]
    expected_bytes: int = 0

    @property
    def result_bytes(self) -> int:
        return 4096 + 4 * self.expected_bytes


class Kind(StrEnum):
    """How a call ended. A limit, a death or a fault of the judge leaves the later ones NOT_RUN."""

    VALUE = "value"
    EXCEPTION = "exception"
    TIME_LIMIT = "time_limit"
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"
    DIED = "died"
    NOT_RUN = "not_run"


@dataclass(frozen=True)
class Raised:
    """An exception of the learner's code, as the process reports it.

    `bases` are the names of the class and of all its bases, so that an AxisError is a ValueError
    too. `line` is the deepest line of the learner's source, None where it is not known, `text` what
    stands there, and `shapes` those of the arrays named on it.
    """

    name: str
    bases: tuple[str, ...]
    message: str
    line: int | None = None
    text: str = ""
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def is_a(self, name: str) -> bool:
        return name in self.bases


@dataclass(frozen=True)
class Outcome:
    """What one call, or the execution of the source before them, came to."""

    kind: Kind
    value: Value = None  # of a VALUE
    raised: Raised | None = None  # of an EXCEPTION, and of a MEMORY_LIMIT that was raised
    message: str = ""  # a sentence for the learner, where the kind is neither VALUE nor NOT_RUN
    stdout: str = ""  # what was printed meanwhile, stderr included
    time_ms: float = 0.0  # by the judge's clock
    changed_arguments: tuple[str, ...] = ()  # names of the arguments that the call changed


@dataclass(frozen=True)
class Invalid:
    """Why a source cannot be run at all."""

    message: str
    line: int | None = None


@dataclass(frozen=True)
class Run:
    """What a submission came to.

    Look in this order. `fault` is a sentence where the judge itself went wrong and nothing may be
    said about the source. `invalid` says that the source is no UTF-8, does not compile or does not
    define the function. `loading` is set where executing the source did not get to its end: an
    exception, a limit or a death. In all three cases every call is NOT_RUN. `outcomes` has one item
    a call, in order.
    """

    outcomes: tuple[Outcome, ...]
    fault: str = ""
    invalid: Invalid | None = None
    loading: Outcome | None = None
    memory_mb: float = 0.0  # at most, beyond what the interpreter and NumPy take
    cpu_seconds: float = 0.0
