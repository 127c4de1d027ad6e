"""JSON Lines by columns: lines that are alike are read together, without a Python object each.

A *shape* is one line of the file with its scalar values taken out. A line is typed here only if
it matches, as a whole, the pattern of a known shape: its own bytes with one JSON scalar of the
right type in every slot. Whatever could be odd (repeated keys, escapes, nesting, trailing commas,
two values, NaN) does not match and needs no rule of its own. DuckDB reads the values of lines
that match, and only of these. Every other line is handed back and read one by one
(``decode_json``, ``typing_rows``), which alone decides why a line is refused.

Lives here: shapes, the patterns of tokens, values as Arrow columns.
Way in: ``reader.ColumnarReader``.

Refused here: reasons for refusal, quarantine, files, hashes of files.
"""
