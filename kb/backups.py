"""Copies of the whole state (database and media) in one archive, and the way back.

An archive is a gzipped tar with `database.sqlite3` or `database.sql`, the files under `media/`,
and `manifest.json`, which names the release, the applied migrations and the SHA-256 of every
other member. The secrets in the state folder are not part of it.
"""

import contextlib
import fcntl
import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from rest.version import content_version, raise_content_version

FORMAT = 1
CHUNK = 1 << 20
# Everything in one transaction: a dump that does not fit leaves the database as it was.
EMPTY_SCHEMA = "DROP SCHEMA public CASCADE;\nCREATE SCHEMA public;\n"


class BackupError(Exception):
    """One sentence for the operator: what is wrong, and what to do."""


def write_backup(target: Path | None = None) -> Path:
    """Copy database and media, while the site may go on writing, into a new archive.

    The default place is `backups/` in the state folder. Raises BackupError if the target exists
    or the database cannot be copied; a half-written archive is never left at the target.
    """
    target = target or folder_of_backups() / f"casebook-{moment()}.tar.gz"
    if target.exists():
        raise BackupError(f"{target} exists already; name another file.")
    name = "database.sqlite3" if connection.vendor == "sqlite" else "database.sql"
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as scratch:
        copy, half = Path(scratch, name), Path(scratch, "archive.tar.gz")
        copy_database(copy)
        hashes: dict[str, str] = {}
        with private(half) as raw, tarfile.open(fileobj=raw, mode="w:gz") as archive:
            hashes[name] = _add(archive, name, copy)
            for path in media_files():
                member = f"media/{path.relative_to(settings.MEDIA_ROOT).as_posix()}"
                with contextlib.suppress(FileNotFoundError):  # deleted since it was listed
                    hashes[member] = _add(archive, member, path)
            manifest = {
                "format": FORMAT,
                "release": settings.RELEASE,
                "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "database": connection.vendor,
                "migrations": applied_migrations(),
                "files": hashes,
            }
            text = json.dumps(manifest, indent=1).encode()
            entry = tarfile.TarInfo("manifest.json")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
        half.rename(target)
    return target


def restore_backup(archive: Path) -> Path:
    """Replace database and media by those of an archive; returns where the replaced ones are kept.

    Everything is unpacked and verified before anything is touched. Raises BackupError for a file
    that is no sound backup, one of a newer release or another kind of database, and while the
    site runs.
    """
    with state_lock(), tempfile.TemporaryDirectory(dir=state_folder(), prefix=".restore-") as name:
        staged = Path(name)
        manifest = _unpack(archive, staged)
        if manifest["database"] != connection.vendor:
            raise BackupError(
                f"{archive} holds a {manifest['database']} database and this site uses "
                f"{connection.vendor}; set DATABASE_URL to a database of that kind."
            )
        if unknown := sorted(set(manifest["migrations"]) - known_migrations()):
            raise BackupError(
                f"{archive} was made by release {manifest['release']}, which is newer than this "
                f"one ({settings.RELEASE}): it knows the migration {unknown[0]}."
            )
        if connection.vendor == "sqlite":
            _refuse_damaged_sqlite(staged / "database.sqlite3", archive)
        newest = _content_version_before()
        kept = folder_of_backups() / f"replaced-{moment()}"
        kept.mkdir()
        if connection.vendor == "sqlite":
            _replace_sqlite(staged / "database.sqlite3", kept)
        else:
            _replace_postgresql(staged / "database.sql", kept)
        media = Path(settings.MEDIA_ROOT)
        if media.exists():
            media.rename(kept / "media")
        if (staged / "media").exists():
            (staged / "media").rename(media)
        # Past both: no reader's copy of either database may be taken for what is here now.
        raise_content_version(past=newest)
        connection.close()
        # The next start brings the restored database up to date, whatever ran here before.
        (state_folder() / "prepared").unlink(missing_ok=True)
    return kept


def copy_database(target: Path) -> None:
    """A consistent copy of the live database: an SQLite file, or the SQL of a PostgreSQL dump."""
    if connection.vendor == "sqlite":
        with private(target):
            pass
        source = sqlite3.connect(connection.settings_dict["NAME"], timeout=20)
        copy = sqlite3.connect(target)
        with contextlib.closing(source), contextlib.closing(copy):
            source.backup(copy)
    else:
        dump = ["pg_dump", "--no-owner", "--no-privileges", f"--file={target}"]
        _run_client(dump)


def applied_migrations() -> list[str]:
    return sorted(".".join(key) for key in MigrationRecorder(connection).applied_migrations())


def known_migrations() -> set[str]:
    return {".".join(key) for key in MigrationLoader(None).disk_migrations}


def state_folder() -> Path:
    return Path(settings.VAR_DIR)


def folder_of_backups() -> Path:
    folder = state_folder() / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def media_files() -> list[Path]:
    return sorted(path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())


def moment() -> str:
    """The time of now, as part of a file's name: 20260131T235959123456."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")


def private(path: Path) -> IO[bytes]:
    """A new file that only its owner may read."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")


@contextlib.contextmanager
def state_lock() -> Iterator[None]:
    """The lock that a running supervisor holds; raises BackupError if one does."""
    with open(state_folder() / "lock", "a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(
                "Casebook is running on this state folder; stop it, then restore."
            ) from None
        yield


def _add(archive: tarfile.TarFile, member: str, path: Path) -> str:
    """Put a file into the archive; its SHA-256 is of the very bytes that were put there."""
    with path.open("rb") as file, tempfile.SpooledTemporaryFile(max_size=16 * CHUNK) as still:
        digest = hashlib.sha256()
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            still.write(chunk)
        entry = tarfile.TarInfo(member)
        entry.size, entry.mtime = still.tell(), int(path.stat().st_mtime)
        still.seek(0)
        archive.addfile(entry, still)
    return digest.hexdigest()


def _unpack(archive: Path, target: Path) -> dict[str, Any]:
    """Unpack what the manifest lists, and nothing else, comparing every hash."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            manifest = _manifest(tar)
            for member, digest in manifest["files"].items():
                entry = tar.getmember(member)
                if not entry.isreg() or not _is_safe(member):
                    raise BackupError(f"{archive} is no sound backup: {member} is no plain file.")
                path = target / member
                path.parent.mkdir(parents=True, exist_ok=True)
                with private(path) as file, tar.extractfile(entry) as packed:  # type: ignore[union-attr]
                    shutil.copyfileobj(packed, file, CHUNK)
                    file.seek(0)
                    if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                        raise BackupError(f"{archive} is damaged: {member} has other bytes.")
    except FileNotFoundError:
        raise BackupError(f"There is no file {archive}.") from None
    except (tarfile.TarError, zlib.error, EOFError, OSError, KeyError, ValueError) as error:
        raise BackupError(f"{archive} is no sound backup: {error}.") from error
    return manifest


def _manifest(tar: tarfile.TarFile) -> dict[str, Any]:
    file = tar.extractfile("manifest.json")
    manifest = json.load(file) if file else None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ValueError(f"its manifest is not of format {FORMAT}")
    missing = {"release", "database", "migrations", "files"} - manifest.keys()
    if missing:
        raise ValueError(f"its manifest lacks {', '.join(sorted(missing))}")
    database = "database.sqlite3" if manifest["database"] == "sqlite" else "database.sql"
    if database not in manifest["files"]:
        raise ValueError(f"it has no {database}")
    return manifest


def _is_safe(member: str) -> bool:
    path = PurePosixPath(member)
    inside = not path.is_absolute() and ".." not in path.parts
    return inside and (path.parts[0] == "media" or len(path.parts) == 1)


def _refuse_damaged_sqlite(staged: Path, archive: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(staged)) as database:
            verdict = database.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        verdict = str(error)
    if verdict != "ok":
        raise BackupError(f"The database in {archive} is damaged: {verdict}.")


def _content_version_before() -> int:
    """That of the database which is to be replaced; 0 where it cannot tell."""
    try:
        return content_version()
    except DatabaseError:
        return 0


def _replace_sqlite(staged: Path, kept: Path) -> None:
    connections.close_all()
    current = Path(connection.settings_dict["NAME"])
    for suffix in ("", "-wal", "-shm"):
        file = current.with_name(current.name + suffix)
        if file.exists():
            file.rename(kept / file.name)
    staged.rename(current)


def _replace_postgresql(staged: Path, kept: Path) -> None:
    copy_database(kept / "database.sql")
    connections.close_all()
    script = staged.with_name("restore.sql")
    with private(script) as whole, staged.open("rb") as dump:
        whole.write(EMPTY_SCHEMA.encode())
        shutil.copyfileobj(dump, whole, CHUNK)
    psql = ["psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    _run_client([*psql, "--output=/dev/null", f"--file={script}"])


def _run_client(command: list[str]) -> None:
    """Run one of PostgreSQL's own programs on our database; raises BackupError."""
    values = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    names["PGDATABASE"] = "NAME"
    given = {variable: str(values[key]) for variable, key in names.items() if values[key]}
    try:
        subprocess.run(
            command, check=True, capture_output=True, text=True, env={**os.environ, **given}
        )
    except FileNotFoundError:
        raise BackupError(
            f"A PostgreSQL database needs {command[0]} on the PATH; install PostgreSQL's client "
            "programs (on Debian: apt install postgresql-client)."
        ) from None
    except subprocess.CalledProcessError as error:
        raise BackupError(f"{command[0]} failed: {error.stderr.strip()}") from None
