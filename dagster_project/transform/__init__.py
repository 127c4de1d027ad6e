"""The bridge to dbt: manifest, environment, run context, results.

Lives here: everything that starts dbt, writes the one row it runs under, or holds what it built
against what it had to build. Refused here: SQL of any layer (``dbt/``), reading logs (landing),
verdicts.
"""
