"""``penstock explain``: the criteria of one gate, what was measured, what was asked, what lacks."""

import csv
from typing import TYPE_CHECKING, Any

from dagster_project.cli.options import known
from dagster_project.cli.words import NONE, SIGNS, number
from dagster_project.names import ALL_SEGMENT, GATES

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console
    from rich.text import Text

    from dagster_project.cli.release import Release
    from dagster_project.settings import Project

CRITERIA = (
    "SELECT * EXCLUDE (as_of, workflow, decision_class, segment, gate, gate_order, criterion_order)"
    " FROM {gate_criteria} WHERE decision_class = ? AND segment = ? AND gate = ?"
    " ORDER BY criterion_order"
)
GATE = (
    "SELECT verdict, is_blocked, pass_count, due_count, cohort_id FROM {gate_scorecard} "
    "WHERE decision_class = ? AND segment = ? AND gate = ?"
)
PLANS = (
    "SELECT * EXCLUDE (as_of, workflow, decision_class, cohort_id) FROM {evidence_feasibility}"
    " WHERE decision_class = ?"
)
# units that nobody could read count in criteria of these gates
REFUSED_GATES = ("data_fit", "autonomy_fit", "production_fit")
REFUSED_SHOWN = 10
REFUSED = (
    "SELECT source, source_table, streams, file_name, file_sha256, reason_code, open_count,"
    " first_open_places FROM {refused_units} WHERE open_count > 0 AND source IN"
    " (SELECT source FROM {decision_class_sources} WHERE decision_class = ?)"
    " ORDER BY open_count DESC, source, source_table, file_name, file_sha256, reason_code"
)


def show_explanation(
    project: "Project", decision_class: str, gate: str, segment: str, *, as_json: bool
) -> None:
    """Print every criterion of ``gate`` for the class and segment."""
    from dagster_project.cli.release import open_release
    from dagster_project.cli.screen import console, emit_json

    known("gate", gate, GATES)
    with open_release(project) as release:
        document = release.heading() | _explanation(release, decision_class, gate, segment)
    titles = _titles(project.dbt_package / "seeds" / "criteria.csv")
    document["criteria"] = [
        criterion | titles.get(criterion["criterion_id"], {"title": None, "unit": None})
        for criterion in document["criteria"]
    ]
    if as_json:
        emit_json(document)
    else:
        _print(console(), document)


def _explanation(
    release: "Release", decision_class: str, gate: str, segment: str
) -> dict[str, Any]:
    names = [row["decision_class"] for row in release.rows("FROM {dim_decision_class}")]
    known("decision class", decision_class, names)
    segments = release.rows(
        "SELECT DISTINCT segment FROM {gate_scorecard} WHERE decision_class = ? ORDER BY 1",
        decision_class,
    )
    known("segment", segment, [row["segment"] for row in segments])
    (found,) = release.rows(GATE, decision_class, segment, gate)
    asked = {"decision_class": decision_class, "segment": segment, "gate": gate}
    criteria = release.rows(CRITERIA, decision_class, segment, gate)
    refused = release.rows(REFUSED, decision_class) if gate in REFUSED_GATES else []
    lost = {
        "open_count": sum(row["open_count"] for row in refused),
        "places": refused[:REFUSED_SHOWN],
    }
    plans = {row.pop("criterion_id"): row for row in release.rows(PLANS, decision_class)}
    for criterion in criteria:
        criterion["plan"] = plans.get(criterion["criterion_id"])
    return asked | found | {"criteria": criteria, "refused": lost}


def _titles(seed: "Path") -> dict[str, dict[str, str]]:
    """Criterion → title and unit, which the marts do not carry."""
    with seed.open(encoding="utf-8", newline="") as stream:
        return {
            row["criterion_id"]: {"title": row["title"], "unit": row["unit"]}
            for row in csv.DictReader(stream)
        }


def _print(out: "Console", found: dict[str, Any]) -> None:
    from dagster_project.cli.scorecard_text import print_heading
    from dagster_project.cli.screen import text, verdict_text

    print_heading(out, f"{found['decision_class']}  {found['segment']}  {found['gate']}", found)
    passed = f"   {found['pass_count']} of {found['due_count']} due criteria pass"
    blocked = "; blocked by an earlier gate, so it advances nothing" if found["is_blocked"] else ""
    out.print(verdict_text(found["verdict"]) + text(passed, blocked))
    out.print(text("cohort ", found["cohort_id"]))
    for criterion in found["criteria"]:
        _print_criterion(out, criterion, found)
    if found["refused"]["open_count"]:
        _print_refused(out, found["refused"])


def _print_refused(out: "Console", refused: dict[str, Any]) -> None:
    """Which lines nobody could read: each may have been anything that its table feeds."""
    from dagster_project.cli.screen import print_indented, text

    out.print()
    count = number(refused["open_count"])
    out.print(text((f"refused units that count against this class: {count}", "bold yellow")))
    for row in refused["places"]:
        more = " …" if row["open_count"] > row["first_open_places"].count(",") + 1 else ""
        name = f"{row['source']}.{row['source_table']}  {row['file_name']}"
        what = f"  {row['reason_code']} {number(row['open_count'])}, as {row['streams']}"
        print_indented(out, text(name, what, f"; places {row['first_open_places']}{more}"))
    shown = sum(row["open_count"] for row in refused["places"])
    if rest := refused["open_count"] - shown:
        print_indented(out, text(f"and {number(rest)} more"))
    out.print(text(("`penstock quarantine list` says how to mend them", "dim")))


def _print_criterion(out: "Console", row: dict[str, Any], found: dict[str, Any]) -> None:
    from dagster_project.cli.screen import print_indented, text, verdict_text

    out.print()
    title = f"  {row['title']}" if row["title"] else ""
    head = verdict_text(row["verdict"]) + text("  ", (row["criterion_id"], "bold"), title)
    out.print(head)
    lines = (_measured(row), _missing(row, found), _planned(row), _waived(row), _provenance(row))
    for line in lines:
        if line is not None:
            print_indented(out, line)


def _measured(row: dict[str, Any]) -> "Text":
    """What was measured and what a pass needs."""
    from dagster_project.cli.screen import text

    sign = SIGNS.get(row["comparison"], "?")
    side = "upper" if row["comparison"] == "at_most" else "lower"
    unit = f" {row['unit']}" if row["unit"] else ""
    line = text(
        f"estimate {number(row['estimate'])}, {side} bound ",
        (number(row["bound"]), "bold"),
        f"; a pass needs {sign} ",
        (number(row["threshold"]), "bold"),
        unit,
        f"; n {number(row['n'])}",
    )
    if row["n_effective"] is not None and row["n_effective"] != row["n"]:
        line.append_text(text(f", {number(row['n_effective'])} independent"))
    if row["n_missing"]:
        line.append_text(text(f", {number(row['n_missing'])} {_short_of(row)}"))
    return line


def _short_of(row: dict[str, Any]) -> str:
    """Without a bound nothing was counted as failed: so many are yet to come."""
    return "missing" if row["bound"] is None else "missing counted as failures"


def _missing(row: dict[str, Any], found: dict[str, Any]) -> "Text | None":
    """Why it is no pass, and how much more evidence a pass takes at least."""
    from dagster_project.cli.screen import text

    if row["verdict"] == "pass":
        return text(("although: ", "yellow"), row["reason"]) if row["reason"] else None
    word = "why not due" if row["verdict"] == "not_applicable" else "missing"
    reason, needed = str(row["reason"] or ""), row["n_needed"]
    # the reason of a bound that is too wide is this very number; of a KPI it counts periods
    is_said = not needed or number(needed) in reason or found["gate"] == "value_fit"
    more = "" if is_said else f"{number(needed)} more clean trials {_in_words(found['segment'])}"
    if row["verdict"] == "fail":
        more = "more of the same will not help" if needed else ""
    words = "; ".join(part for part in (reason, more) if part) or "no reason recorded"
    return text((f"{word}: ", "yellow"), words)


def _planned(row: dict[str, Any]) -> "Text | None":
    """By when it can be shown if errors are as planned; nothing where it is shown, either
    way, or not due."""
    from dagster_project.cli.screen import text

    plan = row["plan"]
    if plan is None or row["verdict"] in ("pass", "fail", "not_applicable"):
        return None
    # the slowest segment, which need not be the one that is explained
    where = f" {_in_words(plan['segment'])}"
    error = number(plan["planning_error"])
    if plan["needed_count"] is None:
        return text(("planned: ", "yellow"), f"{plan['reason']}{where}")
    day = plan["expected_date"] or plan["reason"]
    words = f"{number(plan['needed_count'])} more trials{where} at {error} failing: {day}"
    return text(("planned: ", "yellow"), words)


def _in_words(segment: str) -> str:
    return "over all segments" if segment == ALL_SEGMENT else f"in {segment}"


def _waived(row: dict[str, Any]) -> "Text | None":
    """Who bears the risk of a verdict that is no pass, and until when."""
    from dagster_project.cli.screen import text

    if not row["is_waived"]:
        return None
    until = f" by {row['waiver_id']} until {row['waived_until']}; the verdict stays what it is"
    return text(("waived", "bold yellow"), until)


def _provenance(row: dict[str, Any]) -> "Text":
    from dagster_project.cli.screen import text

    window = f"{row['window_start'] or NONE} to {row['window_end'] or NONE}"
    newest = f", newest evidence {row['evidence_newest_date'] or NONE}"
    method = f"; method {row['method'] or NONE}, alpha {number(row['alpha'])}"
    refuting = f"; refuting bound {number(row['refuting_bound'])}"
    return text((f"window {window}{newest}{method}{refuting}", "dim"))
