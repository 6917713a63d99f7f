"""The data folder of an installation, and the key that its secrets hang on."""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tradewind.core.errors import OperatorError

KEY_BYTES = 32
CLONE = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Keys:
    """The installation's current 32-byte key and the former ones that may still open old data."""

    current: bytes = field(repr=False)
    previous: tuple[bytes, ...] = field(default=(), repr=False)

    def derive(self, purpose: str) -> bytes:
        """Give 32 bytes for this purpose alone (HKDF-SHA256 of the current key)."""
        return derive(self.current, purpose)


def derive(key: bytes, purpose: str) -> bytes:
    """Give 32 bytes for this purpose alone from the key (HKDF-SHA256, RFC 5869)."""
    hkdf = HKDF(
        algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"tradewind {purpose}".encode()
    )
    return hkdf.derive(key)


def find(env: Mapping[str, str]) -> Path:
    """Name the data folder: ``TRADEWIND_HOME``, else inside the clone, else the user's own."""
    given = env.get("TRADEWIND_HOME", "").strip()
    if given:
        return Path(given).expanduser().absolute()
    if (CLONE / "pyproject.toml").is_file() and (CLONE / "src" / "tradewind").is_dir():
        return CLONE / ".tradewind"
    shared = env.get("XDG_DATA_HOME", "").strip()
    return (Path(shared) if shared else Path.home() / ".local" / "share") / "tradewind"


def make(home: Path) -> Path:
    """Create the data folder, its owner's only, and give it; OperatorError when that fails."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise OperatorError(f"TRADEWIND_HOME wants a folder, got {home}, which is not.") from error
    except OSError as error:
        raise OperatorError(f"The data folder {home} cannot be made: {error.strerror}.") from error
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        raise OperatorError(f"The data folder {home} is not ours to write; set TRADEWIND_HOME.")
    # As root the database runs as a service user, which must pass through but see nothing.
    wanted = 0o711 if os.geteuid() == 0 else 0o700
    if home.stat().st_mode & 0o777 != wanted and home.stat().st_uid == os.geteuid():
        home.chmod(wanted)
    return home


def write_private(path: Path, content: bytes) -> None:
    """Put the bytes at the path, whole or not at all, readable by the owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def keys(home: Path, env: Mapping[str, str]) -> Keys:
    """Give the installation's keys, making ``home/key`` on the first call.

    ``TRADEWIND_KEY`` stands in for the file; ``TRADEWIND_KEY_PREVIOUS`` lists former keys,
    parted by commas. Raises OperatorError for a key that is not 32 bytes in base64 or hex.
    """
    given = env.get("TRADEWIND_KEY", "").strip()
    current = _decode("TRADEWIND_KEY", given) if given else _key_of(make(home) / "key")
    former = env.get("TRADEWIND_KEY_PREVIOUS", "").split(",")
    previous = tuple(_decode("TRADEWIND_KEY_PREVIOUS", k.strip()) for k in former if k.strip())
    return Keys(current=current, previous=previous)


def _key_of(path: Path) -> bytes:
    if not path.exists():
        _make_key(path)
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return _decode(str(path), path.read_text(encoding="ascii", errors="replace").strip())


def _make_key(path: Path) -> None:
    text = base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n"
    draft = path.with_name(f".key.{secrets.token_hex(4)}")
    write_private(draft, text)
    # A link never replaces: of two first starts at once, both end with the same key.
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def _decode(name: str, text: str) -> bytes:
    wanted = f"{name} wants {KEY_BYTES} bytes in base64 or hex"
    try:
        if len(text) == KEY_BYTES * 2:
            key = bytes.fromhex(text)
        else:
            key = base64.urlsafe_b64decode(text.replace("+", "-").replace("/", "_"))
    except (ValueError, binascii.Error) as error:
        raise OperatorError(f"{wanted}; what it holds is neither.") from error
    if len(key) != KEY_BYTES:
        raise OperatorError(f"{wanted}, got {len(key)} bytes.")
    return key
