"""Durable files: write under a temporary name, fsync, rename, fsync the folder."""

import hashlib
import os
from pathlib import Path

CHUNK_BYTES = 1 << 20


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file's bytes, read in 1 MiB pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def fsync_path(path: Path) -> None:
    """Make a file's bytes, or a folder's entries, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def temporary_name(path: Path) -> Path:
    """A sibling that no reader looks at; same folder, so that the rename is atomic."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def replace_durably(temporary: Path, final: Path) -> None:
    """fsync ``temporary``, rename it onto ``final``, fsync the folder."""
    fsync_path(temporary)
    temporary.replace(final)
    fsync_path(final.parent)


def write_durably(path: Path, content: bytes) -> None:
    """Readers see the old file or the whole new one, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(path)
    temporary.write_bytes(content)
    replace_durably(temporary, path)
