"""Rows of the marts about the rollout, for the published company."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any


def rollout_rows(as_of: date, stages: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """The best class is held up by one criterion and lacks 1,540 labels; the rest know nothing."""
    best = next(iter(stages))
    workflows = sorted({_workflow(name) for name in stages})
    return {
        "expansion_plan": [_plan(name, stage, name == best) for name, stage in stages.items()],
        "expansion_step_verdicts": [
            {
                "decision_class": best,
                "rung": "adjacent_class",
                "rung_order": 2,
                "target": "procurement.match_vendor",
                "starts_at": as_of + timedelta(days=30),
                "verdict": "fail",
                "reason": "skips the rung before: no step of it starts earlier",
            }
        ],
        "rails_coverage": [_rail(name, as_of) for name in workflows],
        "readiness_checklist": [
            _item(name, section, order)
            for name in workflows
            for order, section in enumerate(("checklist", "checklist", "ready_to_scale"), start=1)
        ],
    }


def _workflow(name: str) -> str:
    return name.split(".", maxsplit=1)[0]


def _plan(name: str, stage: str, is_best: bool) -> dict[str, Any]:
    return {
        "workflow": _workflow(name),
        "decision_class": name,
        "stage": stage,
        "next_rung": "volume",
        "status": "blocked",
        "next_gate": "production_fit" if is_best else "data_fit",
        "blocked_by": "latency" if is_best else "fresh, accuracy",
        "first_blocker": "latency: 1540 more clean trials" if is_best else "fresh",
        "reviews_needed": 1540 if is_best else None,
        "review_days_needed": 77 if is_best else None,
        "finding": "adjacent_class: skips the rung before" if is_best else None,
    }


def _rail(workflow: str, as_of: date) -> dict[str, Any]:
    return {
        "workflow": workflow,
        "rail": "cost_controls",
        "rail_order": 6,
        "coverage": "one_off",
        "components": f"spreadsheet of {workflow}",
        "shared_elsewhere": "central budget" if workflow == "support" else None,
        "unregistered_components": "notebook" if workflow == "support" else None,
        "evidence_state": "working",
        "newest_log_date": as_of,
        "warning": "islands",
    }


def _item(workflow: str, section: str, order: int) -> dict[str, Any]:
    return {
        "workflow": workflow,
        "section": section,
        "item_order": order,
        "item": ("gates_set", "shared_rails_defined", "reliable_production_data")[order - 1],
        "is_met": (True, False, None)[order - 1],
        "evidence": f"{order} [red]of[/red] 9",
    }
