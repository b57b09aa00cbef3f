"""manage.py backup and restore, on databases and folders of their own."""

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.postgres import client_programs, postgres_server

ROOT = Path(__file__).resolve().parent.parent
REAL = ("DATABASE_URL", "BROKER_URL", "CACHE_URL", "SITE_URL", "SECRET_KEY")


class Installation:
    """A state folder and its database."""

    def __init__(self, state: Path, database: str | None = None) -> None:
        self.state = state
        variables = {name: value for name, value in os.environ.items() if name not in REAL}
        variables |= {"CASEBOOK_VAR": str(state), "DJANGO_SETTINGS_MODULE": "config.settings"}
        variables["PATH"] = f"{client_programs()}{os.pathsep}{variables['PATH']}"
        self.variables = variables | ({"DATABASE_URL": database} if database else {})
        self.picture = state / "media" / "figures" / "one.svg"

    def fill(self) -> None:
        """Tables, one account, one media file, and a backup of it all."""
        self.picture.parent.mkdir(parents=True)
        self.picture.write_text("<svg/>")
        self.manage("migrate", "--verbosity=0")
        self.add_account("alice")
        self.manage("backup", str(self.archive))

    @property
    def database(self) -> Path:
        return self.state / "casebook.sqlite3"

    @property
    def archive(self) -> Path:
        return self.state / "mine.tar.gz"

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env=self.variables,
            check=False,
            capture_output=True,
            text=True,
        )

    def manage(self, *words: str) -> str:
        result = self.run("manage.py", *words)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def refusal(self, *words: str) -> str:
        result = self.run("manage.py", *words)
        assert result.returncode == 1
        assert "Traceback" not in result.stderr
        return result.stderr.strip()

    def django(self, code: str) -> str:
        result = self.run("-c", f"import django; django.setup()\n{code}")
        assert result.returncode == 0, result.stderr
        return result.stdout

    def add_account(self, name: str) -> None:
        self.django(
            "from django.contrib.auth.models import User\n"
            f"User.objects.create_user({name!r}, password='four-plain-words')"
        )

    def accounts(self) -> list[str]:
        names = self.django(
            "from django.contrib.auth.models import User\n"
            "print(*User.objects.order_by('username').values_list('username', flat=True))"
        )
        return names.split()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("filled")
    Installation(state).fill()
    return state


@pytest.fixture
def sqlite(filled: Path, tmp_path: Path) -> Installation:
    return Installation(shutil.copytree(filled, tmp_path / "var"))


@pytest.fixture(params=["sqlite", "postgresql"])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite")
        return
    with postgres_server() as database:
        made = Installation(tmp_path, database)
        made.fill()
        yield made


def test_a_restored_backup_has_what_there_was_and_keeps_what_there_is(installation: Installation):
    installation.add_account("bob")
    installation.picture.write_text("<svg>changed</svg>")
    (installation.state / "media" / "later.svg").write_text("<svg/>")

    output = installation.manage("restore", str(installation.archive))

    assert installation.accounts() == ["alice"]
    assert installation.picture.read_text() == "<svg/>"
    assert not (installation.state / "media" / "later.svg").exists()
    (kept,) = (installation.state / "backups").glob("replaced-*")
    assert str(kept) in output
    assert (kept / "media" / "later.svg").exists()
    assert any(b"bob" in file.read_bytes() for file in kept.glob("*") if file.is_file())


def test_after_a_restore_no_earlier_etag_holds(installation: Installation):
    setup = "from rest.version import content_version, raise_content_version\n"
    raised = f"{setup}[raise_content_version() for _ in range(3)]\nprint(content_version())"
    newest = int(installation.django(raised))
    numbers = []
    for _ in range(2):
        installation.manage("restore", str(installation.archive))
        numbers.append(int(installation.django(f"{setup}print(content_version())")))
    assert newest < numbers[0] < numbers[1]


def test_a_backup_is_for_its_owner_only_and_lists_what_it_holds(sqlite: Installation):
    assert sqlite.archive.stat().st_mode & 0o077 == 0
    with tarfile.open(sqlite.archive) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))
        names = set(tar.getnames()) - {"manifest.json"}
        hashes = {n: hashlib.sha256(tar.extractfile(n).read()).hexdigest() for n in names}
    assert manifest["files"] == hashes
    assert "media/figures/one.svg" in names
    assert "auth.0001_initial" in manifest["migrations"]


def test_a_backup_without_a_name_goes_to_the_state_folder(sqlite: Installation):
    sqlite.manage("backup")
    sqlite.manage("backup")
    assert len(list((sqlite.state / "backups").glob("casebook-*.tar.gz"))) == 2


def test_a_backup_overwrites_nothing(sqlite: Installation):
    before = sqlite.archive.read_bytes()
    assert f"{sqlite.archive} exists already" in sqlite.refusal("backup", str(sqlite.archive))
    assert sqlite.archive.read_bytes() == before


def rewritten(archive: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A copy of the archive in which the members were changed."""
    with tarfile.open(archive) as tar:
        members = {name: tar.extractfile(name).read() for name in tar.getnames()}
    change(members)
    target = archive.with_name("changed.tar.gz")
    with tarfile.open(target, "w:gz") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return target


def with_manifest(**changes: object) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        manifest = json.loads(members["manifest.json"]) | changes
        members["manifest.json"] = json.dumps(manifest).encode()

    return change


def flip_a_byte(members: dict[str, bytes]) -> None:
    content = bytearray(members["database.sqlite3"])
    content[-1] ^= 1
    members["database.sqlite3"] = bytes(content)


def drop_the_picture(members: dict[str, bytes]) -> None:
    del members["media/figures/one.svg"]


def drop_the_manifest(members: dict[str, bytes]) -> None:
    del members["manifest.json"]


def climb_out(members: dict[str, bytes]) -> None:
    members["media/../../escaped"] = b"boo"
    manifest = json.loads(members["manifest.json"])
    manifest["files"]["media/../../escaped"] = hashlib.sha256(b"boo").hexdigest()
    members["manifest.json"] = json.dumps(manifest).encode()


def damage_the_database(members: dict[str, bytes]) -> None:
    members["database.sqlite3"] = b"no database at all"
    manifest = json.loads(members["manifest.json"])
    digest = hashlib.sha256(members["database.sqlite3"]).hexdigest()
    manifest["files"]["database.sqlite3"] = digest
    members["manifest.json"] = json.dumps(manifest).encode()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (flip_a_byte, "database.sqlite3 has other bytes"),
        (drop_the_picture, "media/figures/one.svg"),
        (drop_the_manifest, "manifest.json"),
        (climb_out, "media/../../escaped is no plain file"),
        (damage_the_database, "file is not a database"),
        (with_manifest(format=2), "its manifest is not of format 1"),
        (with_manifest(database="postgresql"), "has no database.sql"),
        (with_manifest(migrations=["kb.9999_from_the_future"]), "kb.9999_from_the_future"),
    ],
)
def test_a_bad_backup_is_refused_and_nothing_is_touched(
    sqlite: Installation, change: Callable[[dict[str, bytes]], None], why: str
):
    bad = rewritten(sqlite.archive, change)
    before = sqlite.database.read_bytes()
    assert why in sqlite.refusal("restore", str(bad))
    assert sqlite.database.read_bytes() == before
    assert sqlite.picture.exists()
    assert not list(sqlite.state.glob("backups/replaced-*"))
    assert not list(sqlite.state.glob(".restore-*"))
    assert not list(sqlite.state.parent.glob("escaped"))


def test_a_file_that_is_no_archive_or_is_cut_short_is_refused(sqlite: Installation):
    cut = sqlite.archive.with_name("cut.tar.gz")
    cut.write_bytes(sqlite.archive.read_bytes()[:-2000])
    prose = sqlite.archive.with_name("prose.tar.gz")
    prose.write_bytes(gzip.compress(b"Dear reader, " * 100))
    for bad in (cut, prose, sqlite.archive.with_name("absent.tar.gz"), sqlite.state):
        assert str(bad) in sqlite.refusal("restore", str(bad))
    assert sqlite.accounts() == ["alice"]


def test_a_backup_of_another_kind_of_database_is_refused(sqlite: Installation):
    def change(members: dict[str, bytes]) -> None:
        members["database.sql"] = b"SELECT 1;"
        files = {"database.sql": hashlib.sha256(b"SELECT 1;").hexdigest()}
        with_manifest(database="postgresql", files=files)(members)

    bad = rewritten(sqlite.archive, change)
    assert "holds a postgresql database" in sqlite.refusal("restore", str(bad))


def test_nothing_is_restored_under_a_running_site(sqlite: Installation):
    hold = (
        "import sys; from pathlib import Path; from config.supervisor import lock_state\n"
        "lock = lock_state(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(sqlite.state)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        holder.stdout.readline()
        assert "stop it, then restore" in sqlite.refusal("restore", str(sqlite.archive))
    finally:
        holder.communicate()
    sqlite.manage("restore", str(sqlite.archive))
