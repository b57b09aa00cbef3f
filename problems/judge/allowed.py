"""What a solution may import. Shown to learners as help; what guards is the lock, not this list."""

import importlib
import pkgutil
from collections.abc import Iterable

import numpy

__all__ = ["ALLOWED_MODULES", "import_all", "not_available"]

ALLOWED_MODULES = (
    "abc",
    "array",
    "bisect",
    "cmath",
    "collections",
    "contextlib",
    "copy",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "heapq",
    "itertools",
    "json",
    "math",
    "numbers",
    "operator",
    "pprint",
    "random",
    "re",
    "statistics",
    "string",
    "struct",
    "textwrap",
    "time",
    "types",
    "typing",
    "warnings",
)

# Imported as well: what those and NumPy import when they are used, and what else learners reach
# for. Their calls meet the lock, and say so in a sentence.
OTHERS = (
    "_strptime",
    "atexit",
    "base64",
    "calendar",
    "collections.abc",
    "concurrent.futures",
    "ctypes",
    "encodings.idna",
    "encodings.latin_1",
    "encodings.raw_unicode_escape",
    "encodings.unicode_escape",
    "gc",
    "glob",
    "hashlib",
    "inspect",
    "io",
    "logging",
    "mmap",
    "os",
    "pathlib",
    "pickle",
    "platform",
    "queue",
    "resource",
    "secrets",
    "select",
    "shutil",
    "signal",
    "socket",
    "stringprep",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "timeit",
    "traceback",
    "tracemalloc",
    "unittest",
    "uuid",
    "weakref",
)

# Parts of NumPy that no solution uses: its build tools, its own tests, and what warns.
NUMPY_SKIPPED = {
    "_configtool",
    "_multiarray_tests",
    "_operand_flag_tests",
    "_pyinstaller",
    "_rational_tests",
    "_simd",
    "_struct_ufunc_tests",
    "_umath_tests",
    "code_generators",
    "conftest",
    "core",
    "cversions",
    "distutils",
    "f2py",
    "matlib",
    "mypy_plugin",
    "tests",
}


def import_all() -> None:
    """Import everything that a solution may import: later, nothing can be opened."""
    for name in (*ALLOWED_MODULES, *OTHERS):
        importlib.import_module(name)
    _import_below(numpy.__path__, "numpy")


def _import_below(path: Iterable[str], package: str) -> None:
    for module in pkgutil.iter_modules(path):
        if module.name not in NUMPY_SKIPPED:
            name = f"{package}.{module.name}"
            imported = importlib.import_module(name)
            if module.ispkg:
                _import_below(imported.__path__, name)


def not_available(name: str) -> str:
    """What is said where a module is imported that is not there."""
    return (
        f"{name!r} is not available here; NumPy and these modules are: "
        f"{', '.join(ALLOWED_MODULES)}."
    )
