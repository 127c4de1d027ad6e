"""JSON Lines by columns: lines that are alike are read together, without a Python object each.

A *shape* is one line of the file with its scalar values taken out. A line is typed here only if
it is byte for byte a known shape with one valid JSON scalar of the right type in every slot; so
whatever could be odd (repeated keys, escapes, nesting, trailing commas, two values, NaN) is
excluded by the comparison and needs no rule of its own. Every other line is handed back and
read one by one (``decode_json``, ``typing_rows``), which alone decides why a line is refused.

Lives here: pieces of whole lines, byte positions, shapes, tokens into Arrow columns.
Way in: ``reader.ColumnarReader``.

Refused here: reasons for refusal, quarantine, files, hashes.
"""
