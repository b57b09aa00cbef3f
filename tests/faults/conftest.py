"""Each lane has faults of its own; those of the other are not collected, rather than skipped."""

from tests.faults.lanes import lane

collect_ignore = [
    {"sqlite": "test_postgresql.py", "postgresql": "test_sqlite.py"}[lane()],
]
