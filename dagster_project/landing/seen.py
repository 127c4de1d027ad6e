"""A cache of what files looked like, so that unchanged ones are not read again.

Only a shortcut: without it, or with a wrong line in it, the content hash still decides.
"""

import json
from pathlib import Path

from dagster_project.files import write_durably
from dagster_project.landing.envelope import Signature


class SeenFiles:
    """``declaration`` names version and declaration: a changed one makes a file new."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_changed = False
        try:
            self._seen: dict[str, list[object]] = dict(json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError):
            self._seen = {}

    def find(self, relation: str, name: str, seen: Signature, declaration: str) -> str | None:
        """The content's SHA-256 if the file looks as it did."""
        match self._seen.get(f"{relation}:{name}"):
            case [size, mtime_ns, inode, str(known), str(digest)]:
                looks = (size, mtime_ns, inode, known)
                same = looks == (seen.size, seen.mtime_ns, seen.inode, declaration)
                return digest if same else None
        return None

    def note(self, relation: str, name: str, seen: Signature, declaration: str, sha: str) -> None:
        self._seen[f"{relation}:{name}"] = [
            seen.size, seen.mtime_ns, seen.inode, declaration, sha,
        ]  # fmt: skip
        self._is_changed = True

    def save(self) -> None:
        if self._is_changed:
            write_durably(self._path, json.dumps(self._seen, indent=0).encode())
