"""Open a dropped file safely and yield its decompressed bytes."""

import os
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dagster_project.landing.reasons import ChangedError, UnaccountableError

CHUNK_BYTES = 1 << 20
# real logs compress 5:1 to 30:1; small files may be one repeated line, so they are let off
RATIO_CAP = 100
RATIO_FREE_BYTES = 64 << 20
_MAGIC = {
    b"\x1f\x8b": ".gz",
    b"\x28\xb5\x2f\xfd": ".zst",
    b"PAR1": ".parquet",
    b"PK\x03\x04": ".zip",
}


@dataclass(frozen=True)
class Signature:
    """What the file system says of one version of a file; cheap, and only a hint."""

    size: int
    mtime_ns: int
    inode: int


def signature(path: Path) -> Signature:
    """Size, modification time and inode, without following a link. Raises ChangedError."""
    try:
        seen = os.lstat(path)
    except FileNotFoundError as error:
        raise ChangedError(f"{path}: taken away meanwhile") from error
    return Signature(seen.st_size, seen.st_mtime_ns, seen.st_ino)


def check_path(path: Path, root: Path) -> None:
    """Only plain files, below ``root``, with no link on the way. Raises UnaccountableError."""
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            raise UnaccountableError("symlink")
        if not stat.S_ISREG(mode):
            raise UnaccountableError("not_a_regular_file")
        real = path.resolve(strict=True)
    except FileNotFoundError as error:
        raise ChangedError(f"{path}: taken away meanwhile") from error
    except OSError as error:
        raise UnaccountableError("unreadable", type(error).__name__) from error
    if not real.is_relative_to(root):
        raise UnaccountableError("outside_project")
    if real != root / path.relative_to(root):
        raise UnaccountableError("symlink", "a folder on the way is a link")


def compression(path: Path) -> str:
    """``.gz``, ``.zst`` or empty, by the file name."""
    suffix = path.suffix.lower()
    return suffix if suffix in (".gz", ".zst") else ""


def read_chunks(path: Path, plain_bytes: int = CHUNK_BYTES) -> Iterator[bytes]:
    """Decompressed bytes in pieces of about 1 MiB, of ``plain_bytes`` where nothing was packed.

    Raises UnaccountableError (envelope broken or a bomb), ChangedError (written to meanwhile).
    """
    before = signature(path)
    with _open_plain(path) as raw:
        produced = 0
        limit = max(RATIO_FREE_BYTES, RATIO_CAP * before.size)
        for chunk in _decompressor(path, raw, plain_bytes):
            produced += len(chunk)
            if produced > limit:
                raise UnaccountableError("decompression_bomb", f"more than {limit} bytes")
            yield chunk
    if signature(path) != before:
        raise ChangedError(f"{path}: changed while it was read")


def check_content(first: bytes, wanted: str) -> None:
    """The first bytes must fit the declared format (``wanted``). Raises UnaccountableError."""
    found = next((name for magic, name in _MAGIC.items() if first.startswith(magic)), None)
    if wanted == "parquet":
        if found != ".parquet":
            raise UnaccountableError("wrong_extension", "not a Parquet file")
        return
    if found and (found, wanted) != (".zip", "inspect"):
        raise UnaccountableError("wrong_extension", f"the content looks like {found}")
    if first.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnaccountableError("utf16")


def _open_plain(path: Path) -> BinaryIO:
    """Never blocks on a pipe, never follows a link that was put there a moment ago."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise ChangedError(f"{path}: taken away meanwhile") from error
    except OSError as error:
        raise UnaccountableError("unreadable", type(error).__name__) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise UnaccountableError("not_a_regular_file")
    return os.fdopen(handle, "rb")


def _decompressor(path: Path, raw: BinaryIO, plain_bytes: int) -> Iterator[bytes]:
    kind = compression(path)
    if kind == ".gz":
        return _gunzip(raw)
    return _unzstd(raw) if kind == ".zst" else _plain(raw, plain_bytes)


def _plain(raw: BinaryIO, size: int) -> Iterator[bytes]:
    while chunk := raw.read(size):
        yield chunk


def _gunzip(raw: BinaryIO) -> Iterator[bytes]:
    """Members one after another, as gzip appends; output never more than a chunk at a time."""
    pending = raw.read(CHUNK_BYTES)
    if not pending.startswith(b"\x1f\x8b"):
        raise UnaccountableError("wrong_extension" if pending else "truncated", "not gzip")
    while pending:
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            if not pending and not (pending := raw.read(CHUNK_BYTES)):
                raise UnaccountableError("truncated", "gzip")
            try:
                chunk = member.decompress(pending, CHUNK_BYTES)
            except zlib.error as error:
                raise UnaccountableError("corrupt", "gzip") from error
            pending = member.unconsumed_tail
            if chunk:
                yield chunk
        pending = member.unused_data or raw.read(CHUNK_BYTES)
        if pending and not b"\x1f\x8b".startswith(pending[:2]):
            raise UnaccountableError("trailing_garbage", "gzip")


def _unzstd(raw: BinaryIO) -> Iterator[bytes]:
    import pyarrow as pa  # 0.2 s: only when a zstd file is there

    start = raw.read(4)
    raw.seek(0)
    if start != b"\x28\xb5\x2f\xfd":
        raise UnaccountableError(
            "wrong_extension" if start else "truncated", "no zstd frame at its start"
        )
    stream = pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd")
    while True:
        try:
            chunk: bytes = stream.read(CHUNK_BYTES)
        except OSError as error:
            text = str(error)
            if "Truncated" in text:
                raise UnaccountableError("truncated", "zstd") from error
            if "Unknown frame" in text:
                raise UnaccountableError("trailing_garbage", "zstd") from error
            raise UnaccountableError("corrupt", "zstd") from error
        if not chunk:
            return
        yield chunk
