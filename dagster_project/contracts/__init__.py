"""What rooms agree on: canonical streams, source declarations, registry rules, number format.

Refused here: reading logs (landing), computing evidence (evidence), any verdict (dbt SQL).
"""
