"""What people of the company do in its registry over the year, each on its morning."""

from collections.abc import Callable
from datetime import date, timedelta

from company import read_seed, write_seed
from steps import CLASSIFY, MATCH
from year_company import Day
from year_logs import CLOSED, MODEL, monday

from dagster_project.cli.registry_rows import add_row
from dagster_project.contracts.registry.tables import SIGN_OFFS, WAIVERS
from dagster_project.ledger.tail import last_run
from dagster_project.settings import Project

# the first business day of which the run finds it so
LEAVES = monday(15) + timedelta(days=2)
SUCCEEDS = LEAVES + timedelta(days=7)
SPLIT = monday(29)
SPLIT_SEEDS = ("decision_classes", "class_mapping", "audit_rates", "thresholds", "planning_errors")
WAIVED_FROM = monday(CLOSED)
WAIVED_UNTIL = WAIVED_FROM + timedelta(days=4)
# after the second look: more volume is proven by the third alone
EXPANDS = monday(27)
BELOW, ABOVE = f"{MATCH}_below_6000", f"{MATCH}_from_6000"
LEAVER, SUCCESSOR, BUSINESS = "yuki-brandt", "dev-ramanathan", "mara-lindqvist"


def owner_leaves(project: Project) -> None:
    rows = read_seed(project, "owners")
    for row in rows:
        if row["person_id"] == LEAVER:
            row["valid_until"] = LEAVES.isoformat()
    write_seed(project, "owners", rows)


def successor_begins(project: Project) -> None:
    (old,) = (row for row in read_seed(project, "owners") if row["person_id"] == LEAVER)
    new = old | {"person_id": SUCCESSOR, "valid_from": SUCCEEDS.isoformat(), "valid_until": ""}
    write_seed(project, "owners", [*read_seed(project, "owners"), new])


def class_is_split(project: Project) -> None:
    """By amount, under a new version of the inventory, as the handbook says."""
    for seed in SPLIT_SEEDS:
        rows = [row for old in read_seed(project, seed) for row in _parts(seed, old)]
        write_seed(project, seed, rows)
    changes = [
        {
            "former_class": MATCH,
            "decision_class": part,
            "kind": "split",
            "taxonomy_version": "v2",
            "effective_from": SPLIT.isoformat(),
            "owner": BUSINESS,
            "reason": "large spend is another decision than small spend",
        }
        for part in (BELOW, ABOVE)
    ]
    write_seed(project, "taxonomy_changes", changes)


def _parts(seed: str, row: dict[str, str]) -> list[dict[str, str]]:
    if row["decision_class"] != MATCH:
        return [row]
    parts = [row | {"decision_class": part} for part in (BELOW, ABOVE)]
    if seed == "decision_classes":
        parts = [part | {"taxonomy_version": "v2", "alpha_weight": "0.10"} for part in parts]
    if seed == "class_mapping":
        low, high = (part | {"taxonomy_version": "v2"} for part in parts)
        parts = [
            low | {"mapping_id": "below:2", "amount_max": "6000"},
            high | {"mapping_id": "from:2", "amount_min": "6000"},
        ]
    return parts


def new_model_is_priced(project: Project) -> None:
    (old,) = read_seed(project, "price_list")
    new = old | {"model": "kestrel-2-2025-05", "valid_from": monday(MODEL).isoformat()}
    write_seed(project, "price_list", [old, new])


def more_volume_is_registered(project: Project) -> None:
    step = {
        "decision_class": CLASSIFY,
        "rung": "volume",
        "target": "",
        "starts_at": EXPANDS.isoformat(),
        "owner": BUSINESS,
    }
    write_seed(project, "expansion_steps", [step])


def closure_is_waived(project: Project) -> None:
    """Somebody hoped that a few days would do."""
    cells = {
        "waiver_id": "closed",
        "decision_class": CLASSIFY,
        "criterion_id": "fresh",
        "requested_by": BUSINESS,
        "approved_by": SUCCESSOR,
        "reason": "the office is closed over the holidays",
        "exposure_amount": "500",
        "currency": "USD",
        "granted_at": WAIVED_FROM.isoformat(),
        "expires_at": WAIVED_UNTIL.isoformat(),
    }
    add_row(project, WAIVERS, cells)


EVENTS: dict[date, Callable[[Project], None]] = {
    LEAVES: owner_leaves,
    SUCCEEDS: successor_begins,
    EXPANDS: more_volume_is_registered,
    SPLIT: class_is_split,
    monday(MODEL): new_model_is_priced,
    WAIVED_FROM: closure_is_waived,
}


def sign_when_asked(project: Project, day: Day) -> list[str]:
    """Both owners of today sign a map that the evidence recommends, once the data are fit; the
    roles that signed.

    By what `penstock sign-off` appends with, which checks the whole registry; the command itself
    would date the row by the clock of this machine.
    """
    is_recommended = day.criteria[CLASSIFY, "level_within_evidence"] == "pass"
    if not is_recommended or day.maps[CLASSIFY]["stage"] != "build":
        return []
    run = last_run(project.ledger)
    today = day.as_of + timedelta(days=1)
    signed = []
    for role, person in holders(project, today).items():
        if day.criteria[CLASSIFY, f"signed_by_{role}"] == "pass":
            continue
        cells = {
            "sign_off_id": f"{today:%Y%m%d}-{role}",
            "decision_class": CLASSIFY,
            "role": role,
            "person_id": person,
            "map_digest": day.maps[CLASSIFY]["map_digest"],
            "evidence_digest": run.body["digests"]["inputs"] if run else "",
            "signed_at": today.isoformat(),
            "expires_at": (today + timedelta(days=366)).isoformat(),
        }
        add_row(project, SIGN_OFFS, cells)
        signed.append(role)
    return signed


def holders(project: Project, today: date) -> dict[str, str]:
    """Role → person, of the two roles that sign."""
    return {
        row["role"]: row["person_id"]
        for row in read_seed(project, "owners")
        if row["role"] in ("business", "risk")
        and row["valid_from"] <= today.isoformat() < (row["valid_until"] or "9999")
    }
