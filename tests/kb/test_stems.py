"""Stems against SQLite's own Porter stemmer; British and American spelling as one."""

import re
import sqlite3

import pytest

from kb.loading import CONTENT
from kb.stems import stem
from kb.variants import beginnings, one_spelling
from problems.package import CATALOG

SAME = [
    *("optimise/optimize", "factorisation/factorization", "colour/color", "modelling/modeling"),
    *("centre/center", "centred/centered", "behaviour/behavior", "catalogue/catalog"),
    *("catalogued/cataloged", "labelling/labeling", "analyse/analyze", "analysed/analyzed"),
    *("licence/license", "programme/program", "grey/gray", "fulfil/fulfill"),
    *("fulfilment/fulfillment", "neighbours/neighbors", "tokeniser/tokenizer"),
    *("defence/defense", "practising/practicing", "metres/meters", "judgement/judgment"),
    *("cancelled/canceled", "signalling/signaling", "skilful/skillful", "colourless/colorless"),
    *("generalisability/generalizability", "dialogue/dialog", "enrol/enroll"),
]
# Words that look as if they had another spelling.
UNHARMED = (
    "size prize four hour our precise promise exercise advertise otherwise supervised raise noise"
    " metric central parameter analogy basis analysis laboratory offensive programming"
)


def shipped_words() -> list[str]:
    texts = [path.read_text("utf-8") for root in (CONTENT, CATALOG) for path in root.rglob("*.md")]
    return sorted({word for text in texts for word in re.findall("[a-z]+", text.lower())})


def test_stems_are_those_of_sqlite_in_every_word_that_is_shipped():
    words = [word for word in shipped_words() if one_spelling(word) == word]
    assert len(words) > 3000
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE texts USING fts5(text, tokenize='porter unicode61')")
    database.execute("CREATE VIRTUAL TABLE stems USING fts5vocab('texts', 'instance')")
    database.executemany("INSERT INTO texts (rowid, text) VALUES (?, ?)", enumerate(words))
    expected = {words[row]: term for row, term in database.execute("SELECT doc, term FROM stems")}
    assert {word: stem(word) for word in words} == expected


@pytest.mark.parametrize("pair", SAME)
def test_both_spellings_have_one_stem(pair):
    british, american = pair.split("/")
    assert stem(british) == stem(american)


@pytest.mark.parametrize("word", UNHARMED.split())
def test_other_words_keep_their_spelling(word):
    assert one_spelling(word) == word


@pytest.mark.parametrize(
    ("begun", "expected"),
    [
        ("optimis", {"optimis", "optimiz"}),
        ("optimiza", {"optimiza", "optimisa"}),
        ("colo", {"colo"}),
        ("colou", {"colou", "color"}),
        ("cente", {"cente", "centre"}),
        ("behaviou", {"behaviou", "behavior"}),
        ("analys", {"analys", "analyz"}),
        ("modelli", {"modelli", "modeli"}),
        ("labelin", {"labelin", "labellin"}),
        ("size", {"size"}),
        ("prize", {"prize"}),
        ("hour", {"hour"}),
        ("日本語", {"日本語"}),
    ],
)
def test_words_begin_in_either_spelling(begun, expected):
    assert set(beginnings(begun)) == expected
