"""What changed in the registry becomes a line; whatever loosens is named as that."""

from typing import Any

import pytest

from dagster_project.ledger.governance import IN_FORCE, registry_events

KEYS = {
    "sign_offs": ("sign_off_id",),
    "waivers": ("waiver_id",),
    "thresholds": ("criterion_id",),
    "kpi_registry": ("kpi", "workflow", "decision_class"),
}
LEAST = {"comparison": "at_least"}
SIGNED = {"sign_off_id": "so-1", "role": "risk", "map_digest": "a" * 64}


def in_force(**changes: Any) -> dict[str, Any]:
    return {
        "decision_class": "crm.tag",
        "criterion_id": "accuracy",
        "comparison": "at_most",
        "threshold": "0.02",
        "alpha": "0.05",
        "is_in_force": True,
    } | changes


def told(before: dict[str, Any], now: dict[str, Any]) -> list[tuple[str, str, str]]:
    events = registry_events(before, now, KEYS)
    return [(each.kind, each.reason, str(each.body["change"])) for each in events]


def test_a_row_that_comes_changes_or_goes_is_a_line_of_its_kind() -> None:
    other = SIGNED | {"map_digest": "b" * 64}
    waiver = {"waiver_id": "w-1", "reason": "late labels"}
    rows = {"sign_offs": [SIGNED], "waivers": [waiver]}
    assert told({}, rows) == [
        ("signoff", "sign_offs so-1: added", "added"),
        ("waiver", "waivers w-1: added", "added"),
    ]
    assert told(rows, rows) == []
    assert told(rows, {"sign_offs": [other]}) == [
        ("signoff", "sign_offs so-1: changed", "changed"),
        ("waiver", "waivers w-1: removed", "removed"),
    ]
    [event, _] = registry_events(rows, {"sign_offs": [other]}, KEYS)
    assert (event.body["before"], event.body["after"]) == (SIGNED, other)


def test_a_guardrail_that_goes_or_a_launch_that_moves_is_policy() -> None:
    harm = {"kpi": "complaints", "workflow": "crm", "decision_class": None, "kind": "guardrail"}
    hours = harm | {"kpi": "hours", "kind": "primary", "launch_date": "2026-03-02"}
    before = {"kpi_registry": [harm, hours]}
    assert told(before, {"kpi_registry": [hours | {"launch_date": "2026-03-30"}]}) == [
        ("policy", "kpi_registry complaints crm: removed", "removed"),
        ("policy", "kpi_registry hours crm: changed", "changed"),
    ]


def test_a_table_that_the_company_does_not_have_is_left_out() -> None:
    assert registry_events({}, {"owners": [{"workflow": "crm"}]}, KEYS) == []


@pytest.mark.parametrize(
    ("old", "new", "looser"),
    [
        ({}, {"threshold": "0.03"}, ["threshold"]),
        ({"threshold": "9"}, {"threshold": "10"}, ["threshold"]),  # as text, 10 sorts before 9
        ({}, {"threshold": "0.01"}, None),
        ({}, {"alpha": "0.06"}, ["alpha"]),
        ({}, {"alpha": "0.04"}, None),
        ({}, {"threshold": "0.01", "alpha": "0.06"}, ["alpha"]),
        (
            {"comparison": "at_least"},
            {"threshold": "0.01", "comparison": "at_least"},
            ["threshold"],
        ),
        ({"comparison": "at_least"}, {"threshold": "0.03", "comparison": "at_least"}, None),
        ({}, {"comparison": "at_least", "alpha": "0.06"}, ["alpha"]),
        ({"threshold": None}, {"threshold": "9"}, None),
        ({}, {"threshold": None}, None),
        ({}, {"decision_class": "crm.other", "threshold": "9"}, None),
    ],
)
def test_a_looser_threshold_in_force_is_an_event_however_it_came(
    old: dict[str, Any], new: dict[str, Any], looser: list[str] | None
) -> None:
    events = registry_events({IN_FORCE: [in_force(**old)]}, {IN_FORCE: [in_force(**new)]}, KEYS)
    assert [each.body["loosened"] for each in events] == ([looser] if looser else [])
    assert all(each.kind == "policy" for each in events)


def test_the_first_run_loosens_nothing() -> None:
    assert registry_events({}, {IN_FORCE: [in_force()]}, KEYS) == []


def became(former: str, name: str) -> dict[str, str]:
    return {"former_class": former, "decision_class": name, "effective_from": "2026-01-01"}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ([became("crm.tag", "crm.label")], ["0.02"]),
        ([became("crm.tag", "crm.mark"), became("crm.mark", "crm.label")], ["0.02"]),
        ([became("crm.tag", "crm.label"), became("crm.sort", "crm.label")], ["0.01", "0.02"]),
        ([became("crm.tag", "crm.other")], []),
        ([became("crm.label", "crm.tag")], []),
        ([], []),
    ],
)
def test_a_class_is_held_against_what_it_followed(
    changes: list[dict[str, str]], found: list[str]
) -> None:
    before = {IN_FORCE: [in_force(), in_force(decision_class="crm.sort", threshold="0.01")]}
    now = {IN_FORCE: [in_force(decision_class="crm.label", threshold="0.06")]}
    events = registry_events(before, now | {"taxonomy_changes": changes}, KEYS)
    assert sorted(each.body["before"]["threshold"] for each in events) == found
    # from then on it is held against itself
    assert registry_events(now, now | {"taxonomy_changes": changes}, KEYS) == []


def test_a_class_that_comes_back_under_its_former_name_is_held_against_that() -> None:
    renamed = {"taxonomy_changes": [became("crm.tag", "crm.label")]}
    away = [in_force(is_in_force=False), in_force(decision_class="crm.label")]
    looser = [row | {"threshold": "0.06"} for row in away]
    # the name that is away goes with the class: one line, not two
    (event,) = registry_events({IN_FORCE: away}, renamed | {IN_FORCE: looser}, KEYS)
    assert event.reason == "crm.label accuracy loosened: threshold 0.02 to 0.06"
    (event,) = registry_events({IN_FORCE: away}, {IN_FORCE: [in_force(threshold="0.06")]}, KEYS)
    assert event.reason == "crm.tag accuracy loosened: threshold 0.02 to 0.06"
