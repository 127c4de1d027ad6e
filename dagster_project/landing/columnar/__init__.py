"""JSON Lines by columns: lines that are alike are read together, without a Python object each.

A *shape* is one line of the file with its scalar values taken out. A line is typed here only if
it is, as a whole, a known shape: its own bytes with one JSON scalar of the right type in every
slot. Whatever could be odd (repeated keys, escapes, nesting, trailing commas, two values, NaN)
does not fit and needs no rule of its own. One compiled loop (``scan``, from the ``token_``
modules) checks the bytes and reads the values. Every other line is handed back and read one by
one (``decode_json``, ``typing_rows``), which alone decides why a line is refused.

Lives here: shapes, tokens, values as Arrow columns, and when the start of all this is worth it.
Way in: ``start.START``, which gives ``reader.ColumnarReader``.

Refused here: reasons for refusal, quarantine, files, hashes of files.
"""
