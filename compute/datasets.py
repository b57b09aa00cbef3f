"""Who rated, bought or played what: a learner's CSV file as arrays, and the file that keeps them.

A file is UTF-8 (with or without a byte order mark) as RFC 4180 has it, with any line ends. Its
first line names the columns, in any order and in any case: `user`, `item`, perhaps `rating` or
`weight`, perhaps `timestamp`. Blanks around a value do not count, blank lines are left out.

An item may be played twice: without ratings every row counts. It is rated once: of several ratings
of one item by one user the latest counts, by their timestamps and, where these are equal, by their
rows. Without timestamps nothing says which one holds, and such a file is refused.
"""

import codecs
import csv
import datetime
import io
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import orjson
from numpy.typing import NDArray

from compute.errors import InvalidDataset, Problem
from rest.pointers import pointer

MOST_BYTES = 20_000_000
MOST_ROWS = 1_000_000
MOST_PROBLEMS = 20
LONGEST_LABEL = 200

COLUMNS = ("user", "item", "rating", "weight", "timestamp")
LABELS = ("user", "item")
LONGEST_SHOWN = 40
# Rows that are looked at together: few enough to stay in the processor's cache.
ROWS_AT_ONCE = 4096
BLOCK = 1 << 20

# What float() takes and we do not: nan, inf, 1_000, digits of other scripts.
PLAIN_NUMBER = re.compile(r"[0-9+\-.eE]+")
PLAIN_NUMBERS = re.compile(r"[0-9+\-.eE,]+")
# Of the numbers of a column, all finite; those of timestamps are the years 1 to 9999.
RANGES = {
    "rating": (-np.inf, np.inf),
    "weight": (0, np.inf),
    "timestamp": (-62_135_596_800, 253_402_300_799),
}


@dataclass(frozen=True, eq=False)
class Interactions:
    """Arrays of n entries, one for each row that counts, in the order of the file.

    `users` and `items` are int32 codes, places in `user_labels` and `item_labels`. `values` are
    what `value` names, "rating" or "weight", or None; weights are not negative. `timestamps` are
    Unix seconds, or None. `replaced` is how many earlier ratings a later one took the place of.
    """

    users: NDArray[np.int32]
    items: NDArray[np.int32]
    user_labels: list[str]
    item_labels: list[str]
    value: str | None
    values: NDArray[np.float64] | None
    timestamps: NDArray[np.float64] | None
    replaced: int = 0


def read(file: BinaryIO) -> Interactions:
    """Read a file from its start, in constant memory save for the arrays.

    Raises InvalidDataset with up to MOST_PROBLEMS of what is wrong, each with the line (as an
    editor counts: the header is 1) and the column: `/17/rating`.
    """
    _check_text(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        return _read(csv.reader(text, strict=True))
    finally:
        text.detach()


def save(table: Interactions, path: Path) -> int:
    """Write to a path that ends in .npz, wholly or not at all; the bytes it takes."""
    arrays: dict[str, NDArray[Any]] = {
        "user": table.users,
        "item": table.items,
        "user_labels": _packed(table.user_labels),
        "item_labels": _packed(table.item_labels),
        "replaced": np.array(table.replaced),
    }
    if table.value is not None and table.values is not None:
        arrays[table.value] = table.values
    if table.timestamps is not None:
        arrays["timestamp"] = table.timestamps
    half = path.with_suffix(".part")
    with half.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
        file.flush()
        os.fsync(file.fileno())
    os.replace(half, path)
    return path.stat().st_size


def load(path: Path) -> Interactions:
    """What was saved. Raises FileNotFoundError."""
    with np.load(path, allow_pickle=False) as arrays:
        value = next((name for name in ("rating", "weight") if name in arrays), None)
        return Interactions(
            users=arrays["user"],
            items=arrays["item"],
            user_labels=orjson.loads(arrays["user_labels"].tobytes()),
            item_labels=orjson.loads(arrays["item_labels"].tobytes()),
            value=value,
            values=arrays[value] if value else None,
            timestamps=arrays.get("timestamp"),
            replaced=int(arrays["replaced"]),
        )


def _packed(labels: list[str]) -> NDArray[np.uint8]:
    """As JSON: an array of text would be as wide as the longest label in every place."""
    return np.frombuffer(orjson.dumps(labels), dtype=np.uint8)


class _Problems:
    """What was found so far; raises InvalidDataset once it is more than anybody would read."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, code: str, detail: str, *place: str | int) -> None:
        self.found.append(Problem(pointer(*place), code, detail))
        if len(self.found) >= MOST_PROBLEMS:
            self.refuse()

    def refuse(self) -> None:
        if self.found:
            raise InvalidDataset(self.found)


class _Fault(ValueError):
    """What is wrong with one value."""

    def __init__(self, code: str, detail: str) -> None:
        self.code, self.detail = code, detail
        super().__init__(detail)


# --- Bytes ----------------------------------------------------------------------------------------


def _check_text(file: BinaryIO) -> None:
    """Raises InvalidDataset for a byte that is no text, with its line."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    begin, block = 0, b"more"
    while block:
        block = file.read(BLOCK)
        if (place := block.find(b"\0")) >= 0:
            detail = "A NUL byte stands here. Save the table as CSV in UTF-8, not UTF-16 or XLSX."
            raise _no_text(file, begin + place, "nul", detail)
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            # The decoder puts what was left of a character before the block.
            place = begin + len(block) - len(error.object) + error.start
            detail = f"The byte 0x{error.object[error.start]:02x} is no UTF-8 here. Save as UTF-8."
            raise _no_text(file, place, "encoding", detail) from None
        begin += len(block)


def _no_text(file: BinaryIO, place: int, code: str, detail: str) -> InvalidDataset:
    file.seek(0)
    before = file.read(place)
    line = 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
    return InvalidDataset([Problem(pointer(line), code, f"Line {line}: {detail}")])


# --- Rows -----------------------------------------------------------------------------------------


def _read(reader: Any) -> Interactions:
    problems = _Problems()
    rows = _rows(reader, problems)
    names = _header(rows, problems)
    codes: dict[str, dict[str, int]] = {name: _codes() for name in LABELS}
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in names}
    lines: list[NDArray[np.int32]] = []
    count = 0
    while chunk := list(islice(rows, ROWS_AT_ONCE)):
        count += len(chunk)
        if count > MOST_ROWS:
            detail = f"A dataset has at most {MOST_ROWS:,} rows, and here is one more."
            problems.add("too-many-rows", detail, chunk[MOST_ROWS - count][0])
            break
        columns = _columns(chunk, names, problems)
        for name, column in columns.items():
            if name in codes:
                numbers = list(map(codes[name].__getitem__, column))
                parts[name].append(np.array(numbers, dtype=np.int32))
            else:
                parts[name].append(np.asarray(column))
        lines.append(np.array([line for line, _row in chunk], dtype=np.int32))
    problems.refuse()
    if not count:
        problems.add("no-rows", "There is no row below the header; a dataset has at least one.")
        problems.refuse()
    arrays = {name: np.concatenate(part) for name, part in parts.items()}
    value = next((name for name in ("rating", "weight") if name in names), None)
    table = Interactions(
        users=arrays["user"],
        items=arrays["item"],
        user_labels=list(codes["user"]),
        item_labels=list(codes["item"]),
        value=value,
        values=arrays[value] if value else None,
        timestamps=arrays.get("timestamp"),
    )
    return _rated_once(table, np.concatenate(lines), problems) if value == "rating" else table


def _codes() -> dict[str, int]:
    """Gives each new key the next number."""
    codes: defaultdict[str, int] = defaultdict()
    codes.default_factory = codes.__len__
    return codes


def _rows(reader: Any, problems: _Problems) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line on which it begins; blank lines are left out."""
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            detail = (
                "The quotation marks of this row do not fit. A value with a comma, a quotation"
                ' mark or a line break stands between two, and one inside is written twice: "5"""".'
            )
            problems.add("quoting", f"Line {line}: {detail}", line)
            return
        if row:
            yield line, row


def _header(rows: Iterator[tuple[int, list[str]]], problems: _Problems) -> list[str]:
    """The names of the columns. Raises InvalidDataset unless they are those of a dataset."""
    known = "user, item, and perhaps rating or weight, and timestamp"
    line, cells = next(rows, (0, []))
    problems.refuse()
    if not line:
        problems.add("empty", f"The file is empty. Its first line names the columns: {known}.")
    names = [cell.strip().lower() for cell in cells]
    for place, name in enumerate(names):
        if name not in COLUMNS:
            detail = f'There is no column "{_shown(name)}"; there are {known}.'
            if ";" in name or "\t" in name:
                detail += " Separate them by commas."
            problems.add("unknown-column", f"Line {line}: {detail}", line, name[:LONGEST_SHOWN])
        elif name in names[:place]:
            problems.add("duplicate-column", f"Line {line}: {name} stands here twice.", line, name)
    for name in LABELS:
        if line and name not in names:
            detail = f"Line {line}: the column {name} is missing; there must be {known}."
            problems.add("missing-column", detail, line, name)
    if "rating" in names and "weight" in names:
        detail = f"Line {line}: a dataset has ratings or weights, not both."
        problems.add("both-values", detail, line, "weight")
    problems.refuse()
    return names


# --- Values ---------------------------------------------------------------------------------------


def _columns(
    chunk: list[tuple[int, list[str]]], names: list[str], problems: _Problems
) -> Mapping[str, Any]:
    """The values of some rows, column by column; only where one is wrong, row by row."""
    cells = [row for _line, row in chunk]
    if set(map(len, cells)) == {len(names)}:
        try:
            return {
                name: _batch(name, list(map(str.strip, column)))
                for name, column in zip(names, zip(*cells, strict=True), strict=True)
            }
        except ValueError:
            pass
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for line, row in chunk:
        if len(row) != len(names):
            detail = f"Line {line} has {len(row)} values where the header has {len(names)} columns."
            problems.add("fields", detail, line)
            continue
        for name, cell in zip(names, row, strict=True):
            try:
                columns[name].append(VALUE[name](cell.strip()))
            except _Fault as fault:
                detail = f"Line {line}, {name}: {fault.detail}"
                problems.add(fault.code, detail, line, name)
    return columns


def _batch(name: str, cells: list[str]) -> Any:
    """VALUE[name] of each, in a tenth of the time; a ValueError where one may be wrong."""
    if name in LABELS:
        if "" in cells or max(map(len, cells)) > LONGEST_LABEL:
            raise ValueError
        return cells
    try:
        if not PLAIN_NUMBERS.fullmatch(",".join(cells)):
            raise ValueError
        numbers = np.array(list(map(float, cells)))
    except ValueError:
        if name != "timestamp":
            raise
        return list(map(_timestamp, cells))
    low, high = RANGES[name]
    if not (np.isfinite(numbers) & (numbers >= low) & (numbers <= high)).all():
        raise ValueError
    return numbers


def _label(text: str) -> str:
    _check_present(text)
    if len(text) > LONGEST_LABEL:
        raise _Fault("too-long", f"This has {len(text)} characters; at most {LONGEST_LABEL} fit.")
    return text


def _rating(text: str) -> float:
    _check_present(text)
    number = float(text) if _is_number(text) else np.inf
    if not np.isfinite(number):
        raise _Fault("number", f'This should be a finite number such as 4.5, not "{_shown(text)}".')
    return number


def _weight(text: str) -> float:
    number = _rating(text)
    if number < RANGES["weight"][0]:
        raise _Fault("negative", f"A weight is 0 or more, not {_shown(text)}.")
    return number


def _timestamp(text: str) -> float:
    """Unix seconds of themselves, or of a date or time in ISO 8601, UTC where it does not say."""
    _check_present(text)
    if _is_number(text):
        seconds = float(text)
        first, last = RANGES["timestamp"]
        if first <= seconds <= last:
            return seconds
        detail = f"{_shown(text)} is after the year 9999 or before the year 1 in Unix seconds;"
        raise _Fault("timestamp", f"{detail} are these milliseconds?")
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        detail = f'"{_shown(text)}" is neither Unix seconds (1700000000) nor a time of ISO 8601'
        raise _Fault("timestamp", f"{detail} (2023-11-14T22:13:20Z).") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return moment.timestamp()


VALUE: dict[str, Callable[[str], str | float]] = {
    "user": _label,
    "item": _label,
    "rating": _rating,
    "weight": _weight,
    "timestamp": _timestamp,
}


def _check_present(text: str) -> None:
    if not text:
        raise _Fault("missing", "There is no value; every row has one.")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return PLAIN_NUMBER.fullmatch(text) is not None


def _shown(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


# --- One rating of an item by a user --------------------------------------------------------------


def _rated_once(table: Interactions, lines: NDArray[np.int32], problems: _Problems) -> Interactions:
    """The latest rating of each item by each user. Raises InvalidDataset where none is."""
    pairs = table.users.astype(np.int64) * len(table.item_labels) + table.items
    times = np.zeros(len(pairs)) if table.timestamps is None else table.timestamps
    # Sorted by pair, then time, then row.
    order = np.lexsort((times, pairs))
    again = pairs[order[1:]] == pairs[order[:-1]]
    if not again.any():
        return table
    if table.timestamps is None:
        doubles = sorted(zip(order[1:][again], order[:-1][again], strict=True))
        for second, first in doubles[:MOST_PROBLEMS]:
            detail = (
                f"Line {lines[second]}: this user has rated this item already, in line"
                f" {lines[first]}. Remove one, or add timestamps: then the latest counts."
            )
            problems.add("duplicate", detail, int(lines[second]), "item")
        problems.refuse()
    kept = np.sort(order[np.append(~again, True)])
    return replace(
        table,
        users=table.users[kept],
        items=table.items[kept],
        values=None if table.values is None else table.values[kept],
        timestamps=times[kept],
        replaced=int(again.sum()),
    )
