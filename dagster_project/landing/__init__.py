"""Raw files become typed Parquet here: nothing lost, everything counted, nothing landed twice.

Lives here: opening envelopes (gz, zst, zip), decoding JSON Lines, JSON documents, CSV, Parquet,
OTLP and Inspect logs, asking PostgreSQL, strict typing against the declared columns, pseudonyms of
persons and their erasure, the quarantine and the manifest of landed files.
Ways in: ``land.land``, ``verify.verify``, ``erase`` in steps, and for what was refused
``retry.retry`` and ``corrected.retry_corrected``. Decode, type and write are apart; ``columnar``
does the first two for lines that are alike, and hands the others back.

Refused here: what a column means (dbt staging), deduplication and conflicts (dbt prepare),
any verdict (dbt SQL).
"""
