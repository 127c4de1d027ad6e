"""A zip as an envelope: its members are read in memory under limits, nothing is ever unpacked."""

import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import PurePosixPath

from dagster_project.landing.envelope import RATIO_CAP, RATIO_FREE_BYTES
from dagster_project.landing.reasons import UnaccountableError

MAGIC = b"PK\x03\x04"
MEMBER_CAP = 128 << 20
MEMBERS_CAP = 65_000  # beyond that the directory has another form (zip64)
# what zipfile raises on damage, beside its own error; UnicodeDecodeError is a ValueError
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    OverflowError,
)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
# of a record in the directory: lengths of name, extra field and comment, place of the member
_RECORD = struct.Struct("<28x3H8xI")
# of a member: length of its name
_MEMBER = struct.Struct("<26xH2x")
_END = struct.Struct("<4s6xH4xI")


class ZipEnvelope:
    """Members of one archive by name. Raises UnaccountableError, also while members are read."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        try:
            self._archive = zipfile.ZipFile(BytesIO(content))
        except _BROKEN as error:
            raise UnaccountableError("corrupt", "zip") from error
        infos = self._archive.infolist()
        if len(infos) > MEMBERS_CAP:
            raise UnaccountableError("too_many_members", f"more than {MEMBERS_CAP}")
        self._infos = {info.filename: info for info in infos if info.filename[-1:] != "/"}
        if len({info.filename for info in infos}) != len(infos):
            raise UnaccountableError("ambiguous_document", "two members of one name")
        for info in infos:
            _check_member(info)
        self._budget = max(RATIO_FREE_BYTES, RATIO_CAP * len(content))

    def names(self, wanted: Callable[[str], bool]) -> list[str]:
        """Of the members that are wanted, in byte order."""
        return sorted(filter(wanted, self._infos))

    def read(self, name: str) -> bytes | None:
        """The whole member, its checksum verified; None if there is none of that name."""
        info = self._infos.get(name)
        if info is None:
            return None
        cap = min(MEMBER_CAP, self._budget)
        try:
            with self._archive.open(info) as member:
                data = member.read(cap + 1)
        except _BROKEN as error:
            raise UnaccountableError("corrupt", "zip member") from error
        if len(data) > MEMBER_CAP:
            raise UnaccountableError("document_too_large", f"more than {MEMBER_CAP} bytes")
        if len(data) > self._budget:
            raise UnaccountableError("decompression_bomb", "zip")
        self._budget -= len(data)
        return data


def count_members(content: bytes, wanted: Callable[[str], bool]) -> int:
    """Independent of zipfile: walks the records of the directory.

    -1 if it has none, or if one names its member otherwise than the member itself: no checksum
    covers names, and a sample under another name would be lost.
    """
    end = content.rfind(b"PK\x05\x06")
    if end < 0 or end + 20 > len(content):
        return -1
    _, expected, place = _END.unpack_from(content, end)
    records = found = 0
    while place + 46 <= end and content.startswith(b"PK\x01\x02", place):
        name_length, extra_length, comment_length, member = _RECORD.unpack_from(content, place)
        name = content[place + 46 : place + 46 + name_length]
        if _member_name(content, member) != name:
            return -1
        found += wanted(name.decode(errors="replace"))
        records += 1
        place += 46 + name_length + extra_length + comment_length
    return found if records == expected else -1


def _member_name(content: bytes, place: int) -> bytes | None:
    if not content.startswith(MAGIC, place) or place + 30 > len(content):
        return None
    (name_length,) = _MEMBER.unpack_from(content, place)
    return content[place + 30 : place + 30 + name_length]


def _check_member(info: zipfile.ZipInfo) -> None:
    path = PurePosixPath(info.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in info.filename:
        raise UnaccountableError("unsafe_member", "a member's name leaves the archive")
    if info.flag_bits & _ENCRYPTED:
        raise UnaccountableError("encrypted", "zip")
    if info.compress_type not in _METHODS:
        raise UnaccountableError("corrupt", f"zip method {info.compress_type} is not known")
