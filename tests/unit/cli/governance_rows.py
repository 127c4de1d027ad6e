"""What the published company signed, waived, renamed, and did outside its inventory."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

DAY = timedelta(days=1)


def governance_rows(as_of: date) -> dict[str, list[dict[str, Any]]]:
    """By mart."""
    waiver = {"criterion_id": "latency", "requested_by": "p1", "approved_by": "p3"}
    waiver |= {"decision_class": "procurement.match_vendor", "reason": "[red]slow[/red]"}
    waiver |= {"exposure_amount": Decimal("250.5000"), "currency": "EUR", "granted_at": as_of}
    signed = {"decision_class": "procurement.classify_request", "person_id": "p1"}
    return {
        "waiver_states": [
            waiver
            | {"waiver_id": f"w{number}", "state": state, "waived_verdict_count": 2}
            | {"expires_at": as_of + number * DAY}
            for number, state in enumerate(("void", "open", "open", "expired"))
        ],
        "signatures": [
            signed
            | {"sign_off_id": f"s{number}", "role": role, "rejected_column": column}
            | {"signed_at": as_of, "expires_at": as_of + DAY}
            for number, (role, column) in enumerate(
                [("business", None), ("risk", "map_digest"), ("risk", "person_id")], 1
            )
        ],
        "taxonomy": [
            {
                "former_class": "procurement.sort",
                "decision_class": "procurement.classify_request",
                "kind": "renamed",
                "effective_from": date(2026, 1, 1),
                "has_kept_evidence": True,
            }
        ],
        "undeclared_actions": [
            {
                "source": "crm",
                "workflow": "support",
                "action": f"rogue_{number:02d}\x1b[2J",
                "decision_count": 30 - number,
                "first_decision_date": as_of,
                "newest_decision_date": as_of,
            }
            for number in range(22)
        ],
    }
