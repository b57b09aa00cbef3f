"""What the digest says of an entry is whole sentences, before anything is published."""

import pytest

from kb.errors import LoadFailed
from kb.models import Card, Topic
from kb.teasers import wrong_with_teaser
from tests.kb.acme import HAMMERS, TOPIC, Folder

WHOLE = "A sentence that somebody wrote for the day, which says what there is and where it ends"


@pytest.mark.parametrize("end", [".", "?", "!", "…", ".”", "?’)", '."'])
def test_a_whole_sentence_is_right(end):
    assert wrong_with_teaser(WHOLE + end) == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has 0 characters"),
        ("Too short.", "has 10 characters; a whole thought of 80"),
        (f"{WHOLE}.{'x' * 600}.", "600 are allowed"),
        (WHOLE, "does not end as a sentence does"),
        (f"{WHOLE},", "does not end as a sentence does"),
        (f"{WHOLE}...)x", "does not end as a sentence does"),
        (f"{WHOLE}.\nAnd more.", "has a line break"),
    ],
)
def test_what_is_no_whole_sentence_is_said(text, said):
    assert said in wrong_with_teaser(text)


def test_a_topic_without_one_is_not_loaded_and_its_line_is_named(db, tmp_path):
    folder = Folder(tmp_path)
    [line] = [line for line in TOPIC.splitlines() if line.startswith("teaser")]
    folder.change("topics/anvils.md", f"{line}\n", "")
    with pytest.raises(LoadFailed, match=r"The teaser .* has 0 characters") as caught:
        folder.load()
    assert "content/topics/anvils.md:" in str(caught.value)
    assert not Topic.objects.filter(slug="anvils").exists()


def test_a_planned_topic_needs_none(db, tmp_path):
    folder = Folder(tmp_path)
    [line] = [line for line in HAMMERS.splitlines() if line.startswith("teaser")]
    folder.change("topics/hammers.md", f"{line}\n", "")
    folder.load()
    assert Topic.objects.get(slug="hammers").state == "planned"


def test_the_key_formula_is_mathml_with_its_tex_beside_it(db, tmp_path):
    folder = Folder(tmp_path)
    formula = "\nformula = '\\posterior{p} < \\frac{a}{\\prior{b}}'\n\n[[references]]"
    folder.change("topics/anvils.md", "\n\n[[references]]", formula)
    folder.load()
    topic = Topic.objects.get(slug="anvils")
    assert topic.formula == r"\posterior{p} < \frac{a}{\prior{b}}"
    made = topic.rendered["formula_html"]
    assert made.startswith('<math alttext="{p} &lt; \\frac{a}{{b}}" display="block">')
    card = Card.objects.get(type="topic", slug="anvils")
    assert card.digest == {"text": topic.teaser, "formula_html": made}


def test_a_formula_that_does_not_render_is_named_with_its_line(db, tmp_path):
    folder = Folder(tmp_path)
    folder.change(
        "topics/anvils.md", "\n\n[[references]]", "\nformula = '\\nonsense'\n\n[[references]]"
    )
    with pytest.raises(LoadFailed, match=r"content/topics/anvils.md:14: The formula"):
        folder.load()
