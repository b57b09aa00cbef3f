from kb.admin import cases, content, links, terms  # noqa: F401  (registers the types)
from kb.admin.entry import EntryAdmin

__all__ = ["EntryAdmin"]
