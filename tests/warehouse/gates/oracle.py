"""A naive gate in plain Python, for tests alone: from registry and evidence rows to levels."""

from collections import defaultdict
from datetime import timedelta
from itertools import groupby

from oracle_bands import bands, delegation_limits
from oracle_criteria import ABOUT_THE_MAP, TESTS, Row, Tables, final, judge
from oracle_ladder import gates, levels, scorecard
from oracle_map import SHADOW, active_owners, evidence, maps, signatures, signed_terms
from oracle_rails import rail_components, rails, readiness, traces
from oracle_rollout import rollout
from oracle_thresholds import floors, thresholds, with_floors
from oracle_validity import level_ends, validity
from oracle_waivers import held, states, waived
from oracle_words import on_the_map

FACTS = [
    *("fct_decisions_daily", "fct_latency_daily", "fct_samples_weekly", "fct_amounts_weekly"),
    "fct_reviews_daily",
    "fct_reviews_hourly",
    *("fct_reversals_daily", "fct_actions_daily", "fct_cohorts", "fct_files_settled", "fct_kpis"),
    "fct_sources_served",
    *("fct_outcomes_daily", "fct_rails_daily", "fct_unreadable", "fct_watermarks"),
]
DUE = [
    *("gate", "gate_order", "criterion_id", "criterion_order", "comparison", "scope"),
    *("max_age_days", "not_applicable_reason"),
]
PUBLISHED = [
    *("as_of", "workflow", "decision_class", "segment", "cohort_id", "gate", "gate_order"),
    *("criterion_id", "criterion_order", "verdict", "reason", "estimate", "bound"),
    *("refuting_bound", "comparison", "threshold", "alpha", "method", "n", "n_effective"),
    *("n_missing", "n_needed", "window_start", "window_end", "evidence_newest_date"),
]


def judge_world(world: Tables) -> Tables:
    """What every model of the gates must hold, by its name; `world`: rows by schema.table."""
    world = defaultdict(list, world)
    (context,) = world["landing.run_context"]
    classes, segments = world["registry.decision_classes"], world["registry.segments"]
    limits, cohorts = thresholds(world, context), known_cohorts(world, context)
    builds = count_builds(world, context)
    recorded = floors(world, limits, context)
    due_rows = due(world, context, with_floors(limits, recorded), cohorts)
    estimates = world["evidence.estimates"]
    expected = expectations(world, limits)
    tested = [
        {**row, "is_applicable": True}
        for row in due_rows
        if row["criterion_id"] in (*TESTS, SHADOW)
    ]
    tests = judge(tested, estimates, context, builds)
    terms = signed_terms(classes, segments, limits, world["registry.amount_limits"])
    level_maps = maps(tests, classes, terms)
    holders = active_owners(world["registry.owners"], world["registry.people"], context["as_of"])
    signed = signatures(level_maps, world["registry.sign_offs"], holders, context["as_of"])
    map_rows = evidence(level_maps, signed, limits, context)
    measured = [row for row in due_rows if row["criterion_id"] not in ABOUT_THE_MAP]
    mapped = [
        {**row, "evidence_segment": row["segment"]}
        for row in due_rows
        if row["criterion_id"] in ABOUT_THE_MAP
    ]
    measured = judge(measured, estimates + expected, context, builds)
    mapped = judge(mapped, map_rows, context, builds)
    verdicts = final(measured + mapped)
    ladder = gates(verdicts)
    waivers = states(world["registry.waivers"], classes, holders, context["as_of"])
    borne = waived(verdicts, waivers)
    holds = held(verdicts, borne, ladder, world["evidence.recorded_levels"])
    in_bands = world["evidence.amount_bands"]
    walks = bands(due_rows, world["registry.amount_limits"], in_bands, context, builds)
    revoked = world["evidence.recorded_revocations"]
    reached = levels(level_maps, ladder, segments, walks, holds, revoked, context)
    valid = validity(verdicts, ladder, signed, holders, world["registry.thresholds"])
    ended = level_ends(reached, valid, walks)
    until = {(row["decision_class"], row["segment"]): row for row in ended}
    judged = {
        "int_thresholds__effective": limits,
        "int_cohorts__seen": cohorts,
        "int_owners__active": holders,
        "evd_builds": [{"build_count": builds}],
        "evd_expectations_met": expected,
        "gate_floors": recorded,
        "gate_due": due_rows,
        "gate_tests": tests,
        "gate_signed_terms": terms,
        "gate_autonomy_map": level_maps,
        "gate_signatures": signed,
        "gate_map_evidence": map_rows,
        "gate_measured": measured,
        "gate_mapped": mapped,
        "gate_verdicts": verdicts,
        "gate_ladder": ladder,
        "gate_waivers": waivers,
        "gate_waived": borne,
        "gate_holds": holds,
        "gate_levels": reached,
        "gate_validity": valid,
        "gate_level_ends": ended,
        "gate_criteria": published(verdicts, borne),
        "gate_scorecard": scorecard(verdicts, ladder, borne, valid),
        "autonomy_map": [
            on_the_map(row | until[row["decision_class"], row["segment"]], classes)
            for row in reached
        ],
        "gate_amount_bands": walks,
        "delegation_limits": delegation_limits(
            walks, classes, world["registry.audit_rates"], context
        ),
    }
    judged |= rollout(world, reached, ladder, verdicts, context)
    judged["evd_rail_traces"] = traces(world, context)
    parts = rail_components(world, judged["evd_rail_traces"], context)
    judged["gate_rail_components"] = parts
    judged["gate_rails"] = rails(world, parts, judged["evd_rail_traces"], context)
    judged["gate_readiness"] = readiness(world, judged, context)
    return judged


def published(verdicts: list[Row], borne: list[Row]) -> list[Row]:
    """Every verdict, and the waiver beside it."""
    key = ("decision_class", "segment", "criterion_id")
    by_key = {tuple(row[name] for name in key): row for row in borne}
    rows = []
    for row in verdicts:
        waiver = by_key.get(tuple(row[name] for name in key), {})
        rows.append(
            {name: row[name] for name in PUBLISHED}
            | {"is_waived": bool(waiver)}
            | {name: waiver.get(name) for name in ("waiver_id", "waived_until")}
        )
    return rows


def known_cohorts(world: Tables, context: Row) -> list[Row]:
    seen: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in world["facts.fct_cohorts"]:
        is_known = row["landing_batch"] <= context["known_batch"]
        if is_known and row["first_event_at"].date() <= context["as_of"]:
            seen[row["decision_class"], row["cohort_id"]].append(row)
    rows = [
        {
            "decision_class": name,
            "cohort_id": cohort,
            "first_event_at": min(row["first_event_at"] for row in found),
            "newest_event_at": max(row["newest_event_at"] for row in found),
        }
        for (name, cohort), found in seen.items()
    ]
    rows.sort(key=lambda row: (row["decision_class"], row["first_event_at"], row["cohort_id"]))
    for _, of_class in groupby(rows, key=lambda row: row["decision_class"]):
        for number, row in enumerate(of_class, 1):
            row["cohort_number"] = number
    return rows


def count_builds(world: Tables, context: Row) -> int:
    frozen = {row["landing_batch"] for row in world["landing.files"] if row.get("is_frozen")}
    return len(
        {
            row["build_id"]
            for fact in FACTS
            for row in world[f"facts.{fact}"]
            if row["landing_batch"] <= context["known_batch"] and row["landing_batch"] not in frozen
        }
    )


def due(world: Tables, context: Row, limits: list[Row], cohorts: list[Row]) -> list[Row]:
    """Criteria x classes x segments, whatever has been measured."""
    by_key = {(row["decision_class"], row["criterion_id"]): row for row in limits}
    rows = []
    for one in world["registry.decision_classes"]:
        own = [row for row in cohorts if row["decision_class"] == one["decision_class"]]
        newest = max(own, key=lambda r: (r["newest_event_at"], r["cohort_id"]), default={})
        declared = ["all"] + [
            f"{row['segment_dimension']}={row['segment_value']}"
            for row in world["registry.segments"]
            if row["workflow"] == one["workflow"]
        ]
        for criterion in world["registry.criteria"]:
            limit = by_key.get((one["decision_class"], criterion["criterion_id"]), {})
            for segment in declared:
                rows.append(
                    {name: criterion[name] for name in DUE}
                    | {name: context[name] for name in ("as_of", "known_batch")}
                    | {name: one[name] for name in ("workflow", "decision_class", "declared_level")}
                    | {
                        "segment": segment,
                        "evidence_segment": "all" if criterion["scope"] == "class" else segment,
                        "cohort_id": newest.get("cohort_id", "(none)"),
                        "is_applicable": is_due(criterion["applies_to"], one["declared_level"]),
                    }
                    | {n: limit.get(n) for n in ("threshold", "threshold_count", "loosened_from")}
                )
    return rows


def is_due(levels: str | None, declared: str | None) -> bool | None:
    """None: nobody can say."""
    if levels == "all":
        return True
    if levels is None or declared is None:
        return None
    return declared in levels.split("|")


def expectations(world: Tables, limits: list[Row]) -> list[Row]:
    in_force = {(row["decision_class"], row["criterion_id"]): row["threshold"] for row in limits}
    rows = []
    for row in world["evidence.data_fit"]:
        unmet = row["expected_count"] - row["met_count"]
        status, reason = look_at(row, unmet)
        rows.append(
            {name: row[name] for name in ("as_of", "known_batch", "decision_class")}
            | dict.fromkeys(("estimate", "bound", "refuting_bound"), unmet)
            | dict.fromkeys(("n", "n_effective"), row["evaluated_count"])
            | dict.fromkeys(("window_end", "evidence_newest_date"), row["as_of"])
            | {
                "criterion_id": "expectations_met",
                "segment": "all",
                "cohort_id": "*",
                "threshold_used": in_force.get((row["decision_class"], "expectations_met")),
                "alpha": None,
                "method": "exact count",
                "n_missing": row["expected_count"] - row["evaluated_count"],
                "n_needed": 0,
                "window_start": row["as_of"] - timedelta(days=27),
                "status": status,
                "reason": reason,
            }
        )
    return rows


def look_at(row: Row, unmet: int) -> tuple[str, str | None]:
    """(status, reason) of the expectations that cover a class."""
    failing = row["failing"] or ""
    is_complete = row["evaluated_count"] == row["expected_count"]
    is_thin = row["too_few_count"] > 0 or row["row_count"] == 0
    is_error = row["expected_count"] <= 0 or row["raised_count"] != 0 or not is_complete
    status = "error" if is_error else "insufficient" if is_thin else "ok"
    if row["raised_count"] > 0:
        return status, f"an expectation raised: {failing}"
    if not is_complete:
        return status, "an expectation has no result"
    if row["row_count"] == 0:
        return status, "too few rows to expect anything of"
    if is_thin:
        return status, f"not met, or on too few rows: {failing}"
    return status, f"not met: {failing}" if unmet > 0 else None
