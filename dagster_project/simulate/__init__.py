"""A synthetic company with planted truth, to see the product work and to test it against.

Lives here: the generator of one procurement workflow (decisions, blind reviews, audit sample,
reversals, business actions, fallback drills, KPIs) and the record of what it planted.

Refused here: reading logs (landing), estimating anything from them (evidence), registry rows
(they are seeds of a company project), and any verdict (dbt SQL). What the generator knows about
the truth goes to ``planted_truth.json`` and nowhere into the streams.
"""

from dagster_project.simulate.company import simulate
from dagster_project.simulate.output import SimulateError

__all__ = ["SimulateError", "simulate"]
