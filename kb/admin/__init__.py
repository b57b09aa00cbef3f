from kb.admin import content, links  # noqa: F401  (registers the types)
from kb.admin.entry import EntryAdmin

__all__ = ["EntryAdmin"]
