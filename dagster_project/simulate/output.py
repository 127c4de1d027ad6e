"""The files of a simulation: streamed, reproducible bytes, whole or not there."""

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO

from dagster_project.files import replace_durably, temporary_name, write_durably

TRUTH_NAME = "planted_truth.json"
KPI_NAME = "kpis.csv"
GZIPPED = (
    "decisions",
    "reviews",
    "audit_sample",
    "reversals",
    "business_actions",
    "rail_evidence",
)


class SimulateError(ValueError):
    """The simulation cannot be written or makes no sense as asked; the text names the fix."""


def stream_name(stream: str) -> str:
    """The file of a stream."""
    return f"{stream}.jsonl.gz" if stream in GZIPPED else KPI_NAME


def refuse_foreign(out: Path) -> None:
    """Only an empty folder, or one that an earlier simulation made, is written to."""
    if not out.exists():
        return
    if not out.is_dir():
        raise SimulateError(f"{out} is a file; name a folder")
    own = {TRUTH_NAME, *map(stream_name, (*GZIPPED, "kpis"))}
    # a dot file is .gitkeep or what a killed simulation left
    names = {entry.name for entry in out.iterdir() if not entry.name.startswith(".")}
    if foreign := sorted(names - own):
        raise SimulateError(
            f"{out} holds other files ({', '.join(foreign[:3])}); name a new or empty folder"
        )
    if names and TRUTH_NAME not in names:
        raise SimulateError(
            f"{out} holds logs without {TRUTH_NAME}, so they may be real; name an empty folder"
        )


class StreamFile:
    """One stream, written line by line; ``sha256`` is of the decompressed text."""

    def __init__(self, out: Path, stream: str) -> None:
        self.name = stream_name(stream)
        self._lines = 0
        self._final = out / self.name
        self._temporary = temporary_name(self._final)
        self._digest = hashlib.sha256()
        self._raw = self._temporary.open("wb")
        self._sink: IO[bytes] | gzip.GzipFile = self._raw
        if stream in GZIPPED:
            # no file name and no time in the header, or no two runs would agree
            self._sink = gzip.GzipFile("", "wb", 9, self._raw, mtime=0)

    @property
    def records(self) -> int:
        """Lines without the header of a CSV."""
        return self._lines - (self.name == KPI_NAME)

    @property
    def sha256(self) -> str:
        """Hex SHA-256 of everything written so far, before compression."""
        return self._digest.hexdigest()

    def write(self, line: str) -> None:
        """``line`` without its line end."""
        content = line.encode() + b"\n"
        self._digest.update(content)
        self._sink.write(content)
        self._lines += 1

    def close(self) -> None:
        """Flush; harmless a second time."""
        self._sink.close()
        self._raw.close()

    def publish(self) -> None:
        """Give the closed file its final name, durably."""
        replace_durably(self._temporary, self._final)

    def discard(self) -> None:
        """Delete what was not published."""
        self._temporary.unlink(missing_ok=True)


class Output:
    """All streams of one simulation. They appear together at the end, or not at all."""

    def __init__(self, out: Path) -> None:
        refuse_foreign(out)
        out.mkdir(parents=True, exist_ok=True)
        self._out = out
        self._files = {stream: StreamFile(out, stream) for stream in (*GZIPPED, "kpis")}

    def __enter__(self) -> "Output":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in self._files.values():
            file.close()
            file.discard()

    def write_row(self, stream: str, row: Mapping[str, object]) -> None:
        """Append one record as JSON."""
        self.write_line(stream, encode(row))

    def write_line(self, stream: str, line: str) -> None:
        """Append one line as it is."""
        self._files[stream].write(line)

    def write_lines(self, stream: str, lines: Iterable[str]) -> None:
        """Append lines as they are."""
        for line in lines:
            self.write_line(stream, line)

    def summary(self) -> dict[str, dict[str, object]]:
        """File, records and SHA-256 of the decompressed text, per stream."""
        return {
            stream: {"file": file.name, "records": file.records, "sha256": file.sha256}
            for stream, file in self._files.items()
        }

    def publish(self, truth: Mapping[str, object]) -> None:
        """Give the files their names, the truth last."""
        for file in self._files.values():
            file.close()
            file.publish()
        content = json.dumps(truth, indent=2, ensure_ascii=True, allow_nan=False) + "\n"
        write_durably(self._out / TRUTH_NAME, content.encode())


def encode(row: Mapping[str, object]) -> str:
    """One JSON line, keys in the order given."""
    return json.dumps(row, separators=(",", ":"), allow_nan=False)
