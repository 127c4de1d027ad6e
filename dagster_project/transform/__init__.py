"""The bridge to dbt: manifest, environment, run context.

Lives here: everything that starts dbt or writes the one row it runs under. Refused here: SQL of
any layer (``dbt/``), reading logs (landing), verdicts.
"""
