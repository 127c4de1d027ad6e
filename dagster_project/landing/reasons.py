"""Why a unit or a file was refused: stable words, with what to do about each."""

from typing import Final

UNIT_REASONS: Final = {
    "invalid_json": "not one complete JSON value; fix the writer",
    "extra_data": "more than one JSON value on the line; write one per line",
    "invalid_utf8": "bytes that are not UTF-8; export as UTF-8",
    "invalid_csv": "quotes or line ends against RFC 4180; quote the field",
    "lone_surrogate": "half of a UTF-16 pair in a string; fix the writer's encoding",
    "nul_character": "U+0000 in text; databases and readers cut there",
    "duplicate_key": "the same key twice in one object; which one is meant is unknown",
    "number_not_finite": "NaN or an infinity; write null and say why elsewhere",
    "nesting_too_deep": "more than 64 levels",
    "line_too_long": "more than 16 MiB in one line",
    "not_an_object": "a record must be a JSON object",
    "no_records": "the line holds neither spans nor log records; one signal per file",
    "unknown_structure": "records in a list that OTLP does not have; export as OTLP/JSON 1.x",
    "ragged_row": "more or fewer fields than the header",
    "wrong_type": "the value is not of the declared type; fix the writer or the declaration",
    "out_of_range": "the declared type or the calendar 1900-2099 cannot hold the value",
    "invalid_timestamp": "not an ISO 8601 date and time of day",
    "timestamp_without_zone": "write the zone, or declare `timezone` for the source",
    "ambiguous_timestamp": "a local time that a change of clocks repeats or skips; write the zone",
    "missing_key": "the declared key is absent, null, empty or blank",
    "missing_timestamp": "the declared timestamp is absent or null",
}

FILE_REASONS: Final = {
    "symlink": "symbolic links are refused; drop the file itself",
    "not_a_regular_file": "a pipe, device or folder; drop a plain file",
    "outside_project": "the path leaves the project folder",
    "unreadable": "the operating system refuses to read it; check owner and mode",
    "wrong_extension": "the content is not what the file name says; rename it or export again",
    "truncated": "the compressed stream ends early; copy it again",
    "corrupt": "the compressed stream is damaged; copy it again",
    "trailing_garbage": "bytes after the compressed stream, also padding; copy it again",
    "decompression_bomb": "more than 100 bytes out per byte in, above 64 MiB",
    "encrypted": "an encrypted archive; export without a password",
    "unsafe_member": "a member's name leaves the archive; nothing of such an archive is read",
    "too_many_members": "more than 65,000 members in one archive; split it",
    "utf16": "UTF-16 text; export as UTF-8",
    "document_too_large": "more than 128 MiB in one JSON document; export JSON Lines",
    "invalid_document": "the document is not one JSON value",
    "ambiguous_document": "a key twice on the way to the records",
    "record_path_missing": "no array of records under the declared record_path",
    "no_header": "the first record names no declared column; a CSV needs its header",
    "duplicate_header": "a column name twice in the header",
    "wrong_delimiter": "fields must be separated by commas",
    "unclosed_quote": "a quote is never closed, so records cannot be counted",
    "line_too_long": "a line of more than 16 MiB in a CSV or OTLP file",
    "invalid_header": "the header is not UTF-8 text",
    "parquet_unreadable": "the Parquet file cannot be read; export it again",
    "count_mismatch": "an independent count disagrees with what was read",
    "unreachable": "the database does not answer or refuses the login; see the detail",
    "query_failed": "the database refuses the query; see the detail",
    "too_many_rows": "more than 1,000,000 rows in one table; export it as files",
}


class RefusedValueError(ValueError):
    """One value that may not land. ``reason`` is a key of UNIT_REASONS; no data in ``detail``."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class UnaccountableError(ValueError):
    """A file of which nothing may land. ``reason`` is a key of FILE_REASONS."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class ChangedError(RuntimeError):
    """The file was written to while it was read; it is taken at a later call."""
