"""Atomic read-only copies of the marts for BI, and the grants an agent's runtime reads.

Lives here: building and auditing a release, activating it, grants.json.

Refused here: judging (dbt SQL), recording (``ledger``), reading grants (``may_act.py``). What is
published is invalid until the ledger holds its digest; the assembler keeps that order.
"""
