"""What one machine makes once and keeps in its state folder."""

import hashlib
import os
import secrets
import tempfile
from pathlib import Path

# Unix socket paths are limited to 107 bytes; some clients append to them.
LONGEST_SOCKET_PATH = 100


def kept_secret(var_dir: Path) -> str:
    """The secret key of this machine, made at the first call and readable by its owner only."""
    path = var_dir / "secret_key"
    var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(50))
    return path.read_text().strip()


def socket_path(var_dir: Path) -> Path:
    """Where the broker of this machine listens; in a short private folder if var/ lies deep."""
    path = var_dir / "broker.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"casebook-{os.getuid()}-{name}" / "broker.sock"


def kept_socket(var_dir: Path) -> Path:
    """The same path, in a folder that exists. Raises PermissionError if it is not private."""
    path = socket_path(var_dir)
    folder = path.parent
    if folder != var_dir:
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077:
            raise PermissionError(
                f"{folder} is not private to this user; remove it and start again."
            )
    return path
