"""Raw files become typed Parquet here: nothing lost, everything counted, nothing landed twice.

Lives here: opening envelopes (gz, zst), decoding JSON Lines, JSON documents, CSV and Parquet,
strict typing against the declared columns, the quarantine and the manifest of landed files.
Way in: ``land.land``, ``verify.verify``, and for what was refused ``retry.retry`` and
``corrected.retry_corrected``. Decode, type and write are apart; ``columnar`` does
the first two for lines that are alike, and hands the others back.

Refused here: what a column means (dbt staging), deduplication and conflicts (dbt prepare),
any verdict (dbt SQL).
"""
