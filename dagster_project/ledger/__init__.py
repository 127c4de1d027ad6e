"""The verdict ledger: append-only, hash-chained JSON Lines outside dbt and DuckDB.

Lives here: canonical JSON, appending, reading, verifying, the record of a run, and the
content-addressed inputs a run judged by.

Refused here: making a verdict (dbt SQL), publishing what was recorded (``publish``), answering
a runtime (``may_act.py``), deciding whether a sign-off counts (dbt SQL).
"""
