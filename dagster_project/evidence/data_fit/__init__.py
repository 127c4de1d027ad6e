"""Data fit: is this data fit to decide on? Expectation suites, run by Great Expectations.

Lives here: reading suite files, the SQLAlchemy dialect that lets Great Expectations work
inside DuckDB, running the suites, and writing ``evidence.expectation_results`` and
``evidence.data_fit``.

Refused here: verdicts (dbt SQL compares the counts written here with what was expected),
what SQL itself must keep (dbt tests), Dagster asset checks (automation mirrors the results),
and rates against limits, which need a bound (estimates).

Cheap to import: ``suites`` needs nothing but the standard library, so a code location can
list every check while loading. ``run`` and ``dialect`` import Great Expectations (3–13 s) and
are only imported by the functions that evaluate.
"""
