"""The tables of full-text search anew: one index on either database, of words that Python makes.

Words stand in it as they are, for how they begin, and as marked stems. Beside it is a table of every
word that a card ever had, by which misspelt ones are corrected.
"""

from django.db import migrations

from kb import search

CREATE = {
    "sqlite": [
        "CREATE VIRTUAL TABLE kb_search USING fts5("
        "title, summary, text, tokenize='unicode61 remove_diacritics 0', prefix='2 3')",
        "CREATE TABLE kb_search_vocabulary (term text PRIMARY KEY) WITHOUT ROWID",
    ],
    # `head` is title and summary alone: PostgreSQL keeps the short ones in the row.
    "postgresql": [
        "CREATE TABLE kb_search (rowid bigint PRIMARY KEY, head tsvector NOT NULL,"
        " whole tsvector NOT NULL)",
        # Without a list of what is still to be indexed, which every search would read through.
        "CREATE INDEX kb_search_whole ON kb_search USING gin (whole) WITH (fastupdate = off)",
        'CREATE TABLE kb_search_vocabulary (term text COLLATE "C" PRIMARY KEY)',
    ],
}
DROP_OLD = {
    "sqlite": [
        "DROP TABLE kb_search_vocabulary",
        "DROP TABLE kb_search_words",
        "DROP TABLE kb_search",
    ],
    "postgresql": ["DROP TABLE kb_search"],
}


def create(apps, schema_editor):
    for tables in (DROP_OLD, CREATE):
        for statement in tables[schema_editor.connection.vendor]:
            schema_editor.execute(statement)
    for card in apps.get_model("kb", "Card").objects.iterator():
        search.index(card)


class Migration(migrations.Migration):
    dependencies = [("kb", "0003_case_data")]

    operations = [migrations.RunPython(create)]
