"""Fallback drills: on every working day somebody takes the agent away and looks what happens."""

from datetime import date

from dagster_project.simulate import draw
from dagster_project.simulate.decisions import Row
from dagster_project.simulate.plan import DRILL_FAILURE_RATE, WORKFLOW
from dagster_project.simulate.workdays import in_business_hours, written


def fallback_drill(seed: int, day: date) -> Row:
    """One ``rail_evidence`` row: the work reached a person in time, or did not."""
    rng = draw.stream(seed, "fallback drill", day)
    observed_at = in_business_hours(rng, day)
    return {
        "rail": "incident_playbooks",
        "workflow": WORKFLOW,
        "component": "fallback_drill",
        "is_shared": False,
        "observed_at": written(observed_at),
        "result": "failed" if draw.chance(rng, DRILL_FAILURE_RATE) else "passed",
    }
