"""The management commands around content, roles and the first administrator."""

import json
import stat
from io import StringIO

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command

from kb.loading import CONTENT
from kb.models import CaseStudy, Topic
from tests.kb.acme import COMPANY


def run(name: str, *args, **options) -> str:
    out = StringIO()
    call_command(name, *args, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "acme.md"
    path.write_text(COMPANY.replace("title = ", "title   =   ") + "\n\n", encoding="utf-8")
    return path


def test_format_content_puts_a_file_into_canonical_form_once(file):
    assert run("format_content", str(file)) == "1 files, 1 changed.\n"
    assert file.read_text(encoding="utf-8") == COMPANY
    assert run("format_content", str(file)) == "1 files, 0 changed.\n"


def test_format_content_check_only_names_what_it_would_change(file):
    before = file.read_bytes()
    with pytest.raises(CommandError, match=r"acme.md:1: not in canonical form"):
        run("format_content", "--check", str(file))
    assert file.read_bytes() == before


def test_format_content_takes_a_folder_and_names_what_it_cannot_read(tmp_path, file):
    (tmp_path / "broken.md").write_text("no front matter", encoding="utf-8")
    with pytest.raises(CommandError, match=r"broken.md:1: The first line must be"):
        run("format_content", str(tmp_path))
    assert file.read_text(encoding="utf-8") == COMPANY
    with pytest.raises(CommandError, match="No such file"):
        run("format_content", str(tmp_path / "nothing.md"))


def test_the_shipped_content_is_canonical():
    run("format_content", "--check")


def test_load_content_says_what_it_did_and_what_is_wrong(shipped, tmp_path):
    unchanged = len(list(CONTENT.rglob("*.md")))
    assert run("load_content") == f"0 created, 0 updated, {unchanged} unchanged.\n"
    (tmp_path / "acme.md").write_text(COMPANY, encoding="utf-8")
    assert run("load_content", root=tmp_path).startswith("1 created, 0 updated")
    (tmp_path / "acme.md").write_text(COMPANY + "body\n", encoding="utf-8")
    with pytest.raises(CommandError, match=r"acme.md:1: Not in canonical form"):
        run("load_content", root=tmp_path)


def test_load_problems_loads_again_without_a_change(shipped):
    assert run("load_problems").startswith("0 created, 0 updated")


def test_render_content_goes_on_after_a_text_that_no_longer_renders(folder):
    CaseStudy.objects.filter(slug="acme-ranker").update(body="## No key")
    Topic.objects.filter(slug="anvils").update(rendered={})
    first, second = run("render_content").splitlines()
    assert first.startswith("case-study acme-ranker keeps its old rendering: line 1: The section")
    assert second == "1 entries rendered anew."
    assert "figure-test" in Topic.objects.get(slug="anvils").rendered["html"]
    assert '<section id="goal">' in CaseStudy.objects.get(slug="acme-ranker").rendered["html"]


def test_export_content_writes_every_published_and_planned_entry(folder, tmp_path):
    out = run("export_content", str(tmp_path / "out"))
    files = list((tmp_path / "out").rglob("*.md"))
    assert out.startswith(f"{len(files)} files written")
    assert (tmp_path / "out" / "topics" / "hammers.md").exists()
    assert (tmp_path / "out" / "companies" / "acme.md").read_text(encoding="utf-8") == COMPANY


def test_make_roles_gives_each_role_what_it_needs_and_no_more(db):
    for _again in range(2):
        run("make_roles")
    names = {
        group.name: {permission.codename for permission in group.permissions.all()}
        for group in Group.objects.all()
    }
    assert set(names) == {"curator", "reviewer", "operator"}
    assert {"add_casestudy", "change_topic", "view_revision", "change_problem"} <= names["curator"]
    assert "publish" not in names["curator"]
    assert "publish" in names["reviewer"]
    assert {"view_job", "change_user"} <= names["operator"]
    assert not {name for name in names["operator"] if "topic" in name}
    assert not {name for group in names.values() for name in group if name.startswith("delete_")}


def test_make_admin_makes_one_administrator_and_keeps_the_password_private(db):
    path = settings.VAR_DIR / "admin.json"
    path.unlink(missing_ok=True)
    out = run("make_admin")
    kept = json.loads(path.read_text())
    assert set(kept) == {"username", "password"}
    assert kept["password"] not in out
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    user = User.objects.get(username=kept["username"])
    assert user.is_superuser
    assert user.check_password(kept["password"])
    assert run("make_admin") == "There is an administrator already.\n"
    assert json.loads(path.read_text()) == kept


def test_make_admin_replaces_a_file_that_others_could_read(db):
    path = settings.VAR_DIR / "admin.json"
    path.write_text("{}")
    path.chmod(0o644)
    run("make_admin")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
