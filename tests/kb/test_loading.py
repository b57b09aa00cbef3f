"""Loading shipped files: all or none, again and again, and never over a person's work."""

import shutil
from io import StringIO

import pytest
from django.core.management import call_command

from kb import services
from kb.errors import LoadFailed
from kb.loading import CONTENT, Decision, decide, read_content
from kb.models import (
    Card,
    CaseLink,
    CaseStudy,
    Company,
    LoadedFile,
    Revision,
    State,
    Technique,
    Topic,
)
from problems.models import Problem
from problems.package import CATALOG
from problems.services import load_problems
from rest.models import ContentVersion
from tests.kb.acme import FILES, HAMMERS, PLANNED, Folder

CASE = "case-studies/acme-ranker.md"
TOPIC = "topics/anvils.md"


def faults(folder, *args) -> list[str]:
    with pytest.raises(LoadFailed) as caught:
        folder.load(*args)
    return caught.value.lines


def content_version() -> int:
    return ContentVersion.objects.get(pk=1).number


def edit(entry, by, **changes):
    """What a person does in the admin: a draft beside the entry, changed and published."""
    draft = services.start_draft(entry, by)
    type(entry).objects.filter(pk=draft.pk).update(**changes)
    draft.refresh_from_db()
    return services.publish(draft, by)


def test_shipped_files_are_published_on_load(folder):
    assert Company.objects.published().get(slug="acme").version == 1
    topic = Topic.objects.get(slug="anvils")
    assert topic.is_published
    assert "figure-test" in topic.rendered["html"]
    assert Revision.objects.get(type="topic", slug="anvils").origin == "file"
    assert Card.objects.filter(slug="acme-ranker", type="case-study").exists()


def test_a_topic_without_prose_is_planned(folder):
    topic = Topic.objects.get(slug="hammers")
    assert topic.state == State.PLANNED
    assert not Card.objects.filter(slug="hammers").exists()
    assert not Revision.objects.filter(slug="hammers").exists()


def test_loading_again_changes_nothing(folder):
    before = content_version(), Revision.objects.count(), list(Topic.objects.values())
    report = folder.load()
    assert (report.created, report.updated, report.kept) == ([], [], [])
    assert len(report.unchanged) == len(FILES)
    assert (content_version(), Revision.objects.count(), list(Topic.objects.values())) == before


def test_a_changed_file_updates_an_entry_that_nobody_edited(folder):
    before = content_version()
    folder.change("companies/acme.md", "Makes everything.", "Makes anvils.")
    report = folder.load()
    assert report.updated == ["content/companies/acme.md"]
    company = Company.objects.get(slug="acme")
    assert (company.summary, company.version) == ("Makes anvils.", 2)
    assert content_version() > before
    assert folder.load().updated == []


def test_a_file_that_is_wrong_keeps_all_others_from_loading(folder):
    folder.change("companies/acme.md", "Makes everything.", "Makes anvils.")
    folder.change(CASE, 'company = "acme"', 'company = "nobody"')
    assert faults(folder) == [
        "content/case-studies/acme-ranker.md:6: There is no company 'nobody'."
    ]
    assert Company.objects.get(slug="acme").summary == "Makes everything."


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        (
            CASE,
            '["anvil-sorting"]',
            '["magic"]',
            f"content/{CASE}:9: There is no technique 'magic'.",
        ),
        (TOPIC, '"first"', '"last"', f"content/{TOPIC}:7: There is no chapter 'last' in a plan"),
        (TOPIC, "(technique:anvil-sorting", "(technique:none", f"content/{TOPIC}:41: The link"),
        (CASE, "$w$", "$\\nonsense$", f"content/{CASE}:27: The formula"),
        (CASE, "[@acme]", "[@nobody]", f"content/{CASE}:27: [@nobody] is not among the sources"),
        (CASE, "Weigh before", "[@nobody] before", f"content/{CASE}:11: lessons.0: [@nobody]"),
        (CASE, "They are heavy.", "[@nobody]", f"content/{CASE}:22: questions.0.answer: [@"),
        (TOPIC, "Tell an anvil", "[@nobody]", f"content/{TOPIC}:10: outcomes.0: [@nobody]"),
        (CASE, "year = 2020", 'year = "old"', f"content/{CASE}:8: year"),
        (TOPIC, "prevalence = 0.01", "prevalence = 2", "The example 'test'"),
        (TOPIC, 'kind = "diagnostic-test"', 'kind = "magic"', "There is no job kind"),
        (TOPIC, '"frequency-grid"', '"cube"', "wants the figure 'cube'"),
        (TOPIC, 'slug = "anvils"', 'slug = "anvil"', ":3: The slug must be the file's name"),
        (TOPIC, "minutes = 15", "minutes  =  15", ":1: Not in canonical form"),
    ],
)
def test_a_fault_is_named_with_its_file_and_line(folder, name, old, new, fault):
    folder.change(name, old, new)
    [found] = faults(folder)
    assert fault in found
    assert found.startswith(f"content/{name}:")


@pytest.mark.parametrize(
    ("is_known", "exists", "was_edited", "take", "decision"),
    [
        (False, False, False, None, Decision.CREATE),
        (False, False, False, "database", Decision.CREATE),
        (True, False, False, None, Decision.SKIP),
        (True, True, False, None, Decision.SKIP),
        (True, True, True, None, Decision.SKIP),
        (True, True, True, "database", Decision.SKIP),
        (True, True, True, "file", Decision.UPDATE),
        (False, True, False, None, Decision.UPDATE),
        (False, True, True, "file", Decision.UPDATE),
        (False, True, True, None, Decision.KEEP),
        (False, True, True, "database", Decision.CHOOSE),
    ],
)
def test_what_becomes_of_a_file_depends_on_what_is_known_of_it(
    is_known, exists, was_edited, take, decision
):
    decided = decide(is_known=is_known, exists=exists, was_edited=was_edited, take=take)
    assert decided == decision


def test_a_fault_of_a_problem_is_named_with_the_file_of_its_folder(shipped, tmp_path):
    root = shutil.copytree(CATALOG, tmp_path / "catalog")
    text = root / "bayes-diagnostic-test" / "statement.md"
    lines = text.read_text(encoding="utf-8").rstrip("\n").count("\n") + 1
    with text.open("a", encoding="utf-8") as file:
        file.write("\n$\\nonsense$\n")
    with pytest.raises(LoadFailed) as caught:
        load_problems(root=root)
    [fault] = caught.value.lines
    place = f"catalog/bayes-diagnostic-test/statement.md:{lines + 2}: "
    assert fault.startswith(f"{place}The formula")
    folder = root / "bayes-diagnostic-test"
    shutil.copy(CATALOG / "bayes-diagnostic-test" / "statement.md", folder)
    settings = (folder / "problem.toml").read_text(encoding="utf-8")
    (folder / "problem.toml").write_text(
        settings.replace('"bayes-theorem"', '"bayes-theory"'), "utf-8"
    )
    with pytest.raises(LoadFailed, match=r"problem.toml:\d+: There is no technique 'bayes-theory'"):
        load_problems(root=root)


def test_a_written_topic_on_which_others_stand_is_not_planned_again(shipped, folder):
    topic = Topic.objects.get(slug="anvils")
    Problem.objects.published().update(home_topic=topic)
    folder.write(TOPIC, folder.read(TOPIC).partition("\n## Iron")[0])
    [fault] = faults(folder)
    assert "cannot be shown without Anvils" in fault
    assert Topic.objects.published().filter(slug="anvils").exists()


def test_every_fault_is_named_and_not_only_the_first(folder):
    folder.change(CASE, "year = 2020", "year = 1")
    folder.change("companies/acme.md", 'title = "Acme"', "title = 1")
    assert len(faults(folder)) == 2


def test_two_files_with_one_slug_are_refused(folder):
    folder.write("companies/more/acme.md", FILES["companies/acme.md"])
    assert faults(folder) == [
        "content/companies/more/acme.md:1: content/companies/acme.md has the same type and slug."
    ]


def test_an_edited_entry_is_kept_and_named(folder, admin):
    edit(Company.objects.get(slug="acme"), admin, summary="Edited here.")
    assert folder.load().kept == []
    folder.change("companies/acme.md", "Makes everything.", "Changed in the file.")
    for _again in range(2):
        report = folder.load()
        assert report.kept == ["content/companies/acme.md"]
        assert Company.objects.get(slug="acme").summary == "Edited here."
    out = StringIO()
    report.write(out, "load_content")
    assert "KEPT: content/companies/acme.md was edited here" in out.getvalue()
    assert "manage.py load_content --take=file (or database) acme" in out.getvalue()


def test_what_is_kept_does_not_stop_the_other_files(folder, admin):
    edit(Company.objects.get(slug="acme"), admin, summary="Edited here.")
    folder.change("companies/acme.md", "Makes everything.", "Changed in the file.")
    folder.change("techniques/anvil-sorting.md", "by weight", "by size")
    report = folder.load()
    assert report.updated == ["content/techniques/anvil-sorting.md"]


def test_take_file_puts_the_file_in_place_of_the_edit(folder, admin):
    edit(Company.objects.get(slug="acme"), admin, summary="Edited here.")
    folder.change("companies/acme.md", "Makes everything.", "Changed in the file.")
    assert folder.load("file", "acme").updated == ["content/companies/acme.md"]
    company = Company.objects.get(slug="acme")
    assert (company.summary, company.version) == ("Changed in the file.", 3)
    assert Revision.objects.filter(type="company", slug="acme").count() == 3
    assert folder.load().kept == []


def test_take_database_keeps_the_edit_and_asks_no_more(folder, admin):
    edit(Company.objects.get(slug="acme"), admin, summary="Edited here.")
    folder.change("companies/acme.md", "Makes everything.", "Changed in the file.")
    assert folder.load("database", "acme").kept == []
    assert Company.objects.get(slug="acme").summary == "Edited here."
    assert folder.load().kept == []
    folder.change("companies/acme.md", "Changed in the file.", "Changed once more.")
    assert folder.load().kept == ["content/companies/acme.md"]


def test_a_draft_beside_an_entry_counts_as_an_edit(folder, admin):
    services.start_draft(Company.objects.get(slug="acme"), admin)
    folder.change("companies/acme.md", "Makes everything.", "Changed in the file.")
    assert folder.load().kept == ["content/companies/acme.md"]


def test_what_a_person_withdrew_stays_withdrawn(folder):
    services.withdraw(CaseStudy.objects.get(slug="acme-ranker"))
    folder.change(CASE, "year = 2020", "year = 2021")
    assert folder.load().kept == [f"content/{CASE}"]
    assert not CaseStudy.objects.published().filter(slug="acme-ranker").exists()


def test_an_entry_that_a_person_made_before_it_was_shipped_is_kept(db, tmp_path):
    Technique.objects.create(slug="anvil-sorting", title="Mine", summary="Mine.", group="Training")
    assert Folder(tmp_path).load().kept == ["content/techniques/anvil-sorting.md"]


def test_an_unknown_slug_to_decide_about_is_refused(folder):
    assert faults(folder, "file", "nobody") == ["There is no shipped file for nobody."]


def test_a_file_that_vanished_withdraws_nothing(folder):
    (folder.root / CASE).unlink()
    folder.load()
    assert CaseStudy.objects.published().filter(slug="acme-ranker").exists()
    assert LoadedFile.objects.filter(slug="acme-ranker").exists()


def test_a_planned_topic_that_is_written_is_published_and_linked(folder):
    case = CaseStudy.objects.get(slug="acme-ranker")
    assert '<span class="planned">hammers</span>' in case.rendered["lessons"][0]
    folder.write("topics/hammers.md", HAMMERS)
    assert folder.load().updated == ["content/topics/hammers.md"]
    case.refresh_from_db()
    assert '<a href="/topics/hammers/"' in case.rendered["lessons"][0]
    assert '<a href="/topics/hammers/"' in Topic.objects.get(slug="anvils").rendered["html"]


def test_a_written_topic_that_is_only_planned_again_is_shown_no_more(folder, api):
    folder.write("topics/hammers.md", HAMMERS)
    folder.load()
    assert api.get("/api/v1/topics/hammers/").status_code == 200
    folder.write("topics/hammers.md", PLANNED)
    folder.load()
    assert api.get("/api/v1/topics/hammers/").status_code == 404
    assert not Card.objects.filter(slug="hammers").exists()
    topic = Topic.objects.get(slug="anvils")
    assert '<span class="planned">hammers</span>' in topic.rendered["html"]


def test_what_was_loaded_is_exported_byte_for_byte(shipped, tmp_path):
    call_command("export_content", tmp_path, stdout=StringIO())
    exported = {
        str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*.md")
    }
    files = {str(path.relative_to(CONTENT)): path.read_bytes() for path in CONTENT.rglob("*.md")}
    assert exported == files


def rows() -> list[dict]:
    kept = []
    for model in (Company, Technique, Topic, CaseStudy):
        for entry in model.objects.all():
            document = entry.to_document()
            kept.append({"document": document, "rendered": entry.rendered, "state": entry.state})
    return kept


def test_what_was_exported_loads_as_the_same_rows(folder, tmp_path, admin):
    edit(Company.objects.get(slug="acme"), admin, summary="Edited 'here'\r\nin \"two\" lines.")
    before = rows()
    call_command("export_content", tmp_path / "exported", stdout=StringIO())
    for model in (Problem, CaseLink, CaseStudy, Topic, Technique, Company):
        model.objects.all().delete()
    LoadedFile.objects.all().delete()
    Revision.objects.all().delete()
    Card.objects.all().delete()
    call_command("load_content", root=tmp_path / "exported", stdout=StringIO())
    assert rows() == before


def test_every_shipped_file_is_read_without_a_fault():
    assert len(read_content()) == len(list(CONTENT.rglob("*.md")))
