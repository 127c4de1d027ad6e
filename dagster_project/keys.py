"""Secret keys of an installation: a file of mode 0600 or an environment variable, 64 hex digits.

No key is in a log, a table or an error: messages name its place.
"""

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from dagster_project.files import fsync_path, temporary_name

KEY_BYTES = 32
_KEY = re.compile(r"[0-9a-fA-F]{64}\Z")


class KeyUnusableError(RuntimeError):
    """The place holds no key, or something else; the text names the place, never what it holds."""


@dataclass(frozen=True)
class KeyPlace:
    """Where one key lies: in the environment variable, if one is named, else in the file."""

    file: Path
    variable: str | None = None

    def __str__(self) -> str:
        return f"${self.variable}" if self.variable else str(self.file)

    def read(self) -> bytes:
        """The key. Raises KeyUnusableError."""
        text = self._text().strip()
        if not _KEY.match(text):
            problem = "is no key of 64 hexadecimal digits" if text else "holds no key"
            raise KeyUnusableError(f"{self} {problem}")
        return bytes.fromhex(text)

    @property
    def is_open_to_others(self) -> bool:
        """Whether others than the owner may read the file."""
        return not self.variable and self.file.is_file() and bool(self.file.stat().st_mode & 0o077)

    def create(self) -> bool:
        """Make the file with a random key if it is not there; False when it was.

        Whole or not at all; of two processes, one wins and both read its key.
        """
        if self.file.exists():
            return False
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = temporary_name(self.file)
        temporary.unlink(missing_ok=True)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, secrets.token_hex(KEY_BYTES).encode() + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)
        try:
            self.file.hardlink_to(temporary)
            is_made = True
        except FileExistsError:
            is_made = False
        finally:
            temporary.unlink()
        fsync_path(self.file.parent)
        return is_made

    def _text(self) -> str:
        if self.variable:
            return os.environ.get(self.variable, "")
        return self.file.read_text() if self.file.is_file() else ""
