"""Penstock: which decisions an AI agent may take alone, answered daily from evidence.

Lives here: the one-way flow sources → landing → prepare (dbt) → evidence → decide (dbt)
→ ledger → publish, one package per room. Rooms speak through tables and files, never by
importing each other; ``build.py`` is the only assembler.

Refused here: verdict logic (its only home is dbt SQL), company rows (they live in a company
project such as ``demo/``), and prompt or completion text.
"""
