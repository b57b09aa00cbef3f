"""The tables of full-text search, which kb.search writes and reads.

Each database has the words of a card twice: as stems, and as they stand, for beginnings of words
and for the vocabulary that misspelt words are corrected by.
"""

from django.db import migrations

CREATE = {
    "sqlite": [
        "CREATE VIRTUAL TABLE kb_search USING fts5("
        "title, summary, text, tokenize='porter unicode61 remove_diacritics 2')",
        "CREATE VIRTUAL TABLE kb_search_words USING fts5("
        "title, summary, text, tokenize='unicode61 remove_diacritics 2', prefix='2 3')",
        "CREATE VIRTUAL TABLE kb_search_vocabulary USING fts5vocab('kb_search_words', 'row')",
    ],
    "postgresql": [
        "CREATE TABLE kb_search (rowid bigint PRIMARY KEY, text text NOT NULL,"
        " stems tsvector NOT NULL, words tsvector NOT NULL)",
        "CREATE INDEX kb_search_stems ON kb_search USING gin (stems)",
        "CREATE INDEX kb_search_words ON kb_search USING gin (words)",
    ],
}
DROP = {
    "sqlite": [
        "DROP TABLE kb_search_vocabulary",
        "DROP TABLE kb_search_words",
        "DROP TABLE kb_search",
    ],
    "postgresql": ["DROP TABLE kb_search"],
}


def create(_apps, schema_editor):
    for statement in CREATE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop(_apps, schema_editor):
    for statement in DROP[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("kb", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
