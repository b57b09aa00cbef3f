"""TOML in one canonical form, which parsers of TOML read back as the same values."""

import re
import tomllib
from typing import Any

import tomlkit
from tomlkit.items import Array, Item, Table

# A line of it ends the front matter of a document.
FENCE = "+++"
WIDTH = 100
HEADER = re.compile(r"\[\[?[\w.-]+\]\]?\s*$")


class NotToml(Exception):
    """What keeps a text from being TOML; `line` is counted from 1, None where it is unknown."""

    def __init__(self, message: str, line: int | None = None):
        self.line = line
        super().__init__(message)


def load_toml(text: str) -> dict[str, Any]:
    """Raises NotToml."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise NotToml("its values are nested too deeply") from None
    except ValueError as exc:
        # A whole number of some thousand digits is refused by Python, which names no line.
        found = re.search(r"at line (\d+)", str(exc))
        raise NotToml(str(exc).rstrip("."), int(found[1]) if found else None) from None


def dump_toml(values: dict[str, Any]) -> str:
    """Canonical TOML: plain values first, then tables; nulls and empty tables are left out."""
    return tomlkit.dumps(_table(values)).strip("\n") + "\n"


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)


def _table(values: dict[str, Any]) -> Table:
    table = tomlkit.table()
    later = []
    for key, value in values.items():
        if value is None or value == {}:
            continue
        if isinstance(value, dict) or _is_tables(value):
            later.append((key, value))
        else:
            table.add(key, _item(value, len(key) + 3))
    for key, value in later:
        if isinstance(value, dict):
            table.add(key, _table(value))
        else:
            tables = tomlkit.aot()
            for part in value:
                tables.append(_table(part))
            table.add(key, tables)
    return table


def _item(value: Any, indent: int = 0) -> Item:
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, dict):
        inline = tomlkit.inline_table()
        for key, part in value.items():
            inline.add(key, _item(part))
        return inline
    if isinstance(value, list):
        array = _array(value)
        if value and indent + len(array.as_string()) > WIDTH:
            array.multiline(True)
        return array
    scalar: Item = tomlkit.item(value)
    return scalar


def _array(values: list[Any]) -> Array:
    array = tomlkit.array()
    for value in values:
        array.append(_item(value))
    return array


def _string(value: str) -> Item:
    # A line of the fence inside a text would end the front matter; escaped, it is not a line.
    fenced = FENCE in value.split("\n")
    plain = not fenced and all((char >= " " and char != "\x7f") or char in "\n\t" for char in value)
    if "\n" in value and plain:
        literal = "\\" in value and "'''" not in value and not value.endswith("'")
        return tomlkit.string(value, literal=literal, multiline=True)
    literal = ("\\" in value or '"' in value) and "'" not in value and plain
    return tomlkit.string(value, literal=literal)


def line_of(text: str, location: tuple[int | str, ...]) -> int:
    """The line of a value in the front matter; of the nearest enclosing table if it is absent."""
    lines = text.split("\n")
    start, prefix = int(lines[0] == FENCE), ""
    for depth, part in enumerate(location):
        if isinstance(part, int):
            continue
        path = f"{prefix}.{part}" if prefix else part
        following = location[depth + 1] if depth + 1 < len(location) else None
        nth = following if isinstance(following, int) else 0
        headers = [
            number
            for number, line in enumerate(lines[start:], start)
            if line.strip() in (f"[{path}]", f"[[{path}]]")
        ]
        if nth < len(headers):
            start, prefix = headers[nth], path
            continue
        for number in range(start, len(lines)):
            line = lines[number]
            if line == FENCE or (number > start and HEADER.match(line)):
                break
            if re.match(rf"{re.escape(part)}\s*=", line):
                # A list over several lines has an item on each.
                below = nth + 1 if line.endswith("[") and following is not None else 0
                return number + 1 + below
        break
    return start + 1
