"""A naive gate in plain Python, for tests alone: the published map and its reasons."""

from oracle_criteria import TESTS, Row
from oracle_map import asks_for_a_person

GATES = ["workflow_fit", "data_fit", "autonomy_fit", "production_fit", "value_fit"]
ON_THE_MAP = [
    *(
        "as_of",
        "valid_until_date",
        "workflow",
        "decision_class",
        "segment",
        "cohort_id",
        "stage",
        "declared_level",
    ),
    *(
        "recommended_level",
        "approved_level",
        "effective_level",
        "held_until",
        "revoked_by_line",
        "boundary",
    ),
    *("reversibility_test", "value_at_risk_test", "confidence_quality_test"),
    *("review_capacity_test", "currency", "map_digest"),
]


def on_the_map(row: Row, classes: list[Row]) -> Row:
    (own,) = [one for one in classes if one["decision_class"] == row["decision_class"]]
    return {name: row[name] for name in ON_THE_MAP} | {
        "declared_amount_limit": row["amount_limit"],
        "amount_limit": row["supported_amount_limit"],
        "recommended_reason": why_recommended(row, own),
        "effective_reason": why_in_force(row),
    }


def why_recommended(row: Row, own: Row) -> str:
    outcomes = {test: row[f"{test}_test"] for test in TESTS}
    weak = ", ".join(
        f"{test.replace('_', ' ')} {found}" for test, found in outcomes.items() if found != "good"
    )
    if asks_for_a_person(own):
        if row["recommended_level"] == "surface":
            return "irreversible or regulated: the error of its proposals is shown to be small"
        if sum(found != "good" for found in outcomes.values()) > 2:
            return f"irreversible or regulated; tests: {weak}"
        return "irreversible or regulated: no shadow evidence yet that its proposals are right"
    return f"tests: {weak}" if weak else "all four tests are good"


def why_in_force(row: Row) -> str:
    passed, level = row["gates_passed"], row["effective_level"]
    if row["is_revoked"]:
        return f"revoked, ledger line {row['revoked_by_line']}"
    if passed >= 3 and level == row["declared_level"]:
        return "as declared"
    closed = f"{GATES[passed]} does not pass" if passed < 4 else ""
    if passed < 3 and level != "human_only":
        return f"{closed}; waivers hold it until {row['held_until']}"
    if closed:
        return closed
    if not row["is_within_evidence"]:
        return "declared above the recommended level"
    if not row["is_proven_as_a_whole"]:
        return "not proven in all segments together"
    return "no amount limit is supported"
