from kb.models.architecture import Component, Flow
from kb.models.cases import CaseLink, CaseStudy, Experiment
from kb.models.editing import Editing
from kb.models.entry import CitedWork, Entry, EntryQuerySet, State
from kb.models.evidence import Claim, Source
from kb.models.linkchecks import Link, LinkHost, LinkVisit
from kb.models.publishing import Card, LoadedFile, Revision
from kb.models.terms import ComponentType, Quantity, Unit
from kb.models.topics import Chapter, Example, Reference, StudyPlan, Topic
from kb.models.vocabulary import Company, Technique

__all__ = [
    "Card",
    "CaseLink",
    "CaseStudy",
    "Chapter",
    "CitedWork",
    "Claim",
    "Company",
    "Component",
    "ComponentType",
    "Editing",
    "Entry",
    "EntryQuerySet",
    "Example",
    "Experiment",
    "Flow",
    "Link",
    "LinkHost",
    "LinkVisit",
    "LoadedFile",
    "Quantity",
    "Reference",
    "Revision",
    "Source",
    "State",
    "StudyPlan",
    "Technique",
    "Topic",
    "Unit",
]
