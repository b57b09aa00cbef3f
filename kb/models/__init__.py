from kb.models.cases import CaseStudy, Source
from kb.models.entry import CitedWork, Entry, EntryQuerySet, State
from kb.models.publishing import Card, LoadedFile, Revision
from kb.models.topics import Chapter, Example, Reference, StudyPlan, Topic
from kb.models.vocabulary import Company, Technique

__all__ = [
    "Card",
    "CaseStudy",
    "Chapter",
    "CitedWork",
    "Company",
    "Entry",
    "EntryQuerySet",
    "Example",
    "LoadedFile",
    "Reference",
    "Revision",
    "Source",
    "State",
    "StudyPlan",
    "Technique",
    "Topic",
]
