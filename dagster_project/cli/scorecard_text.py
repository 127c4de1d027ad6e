"""How scorecards look: from 80 columns on, in words as well as in colour."""

from collections.abc import Callable
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dagster_project.cli.screen import print_indented, table, text, verdict_text
from dagster_project.cli.words import BLOCKED, GATE_TITLES, NONE, TEST_LOOKS, number

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

WIDE = 120  # from here on "insufficient" is written out: five gates of 15 beside the name
WIDE_GATE, NARROW_GATE = 15, 10
LONGEST_NAME = 48
LEGEND = (
    "✓ pass  ✗ fail  ~ stale (too old, or of another cohort)  ? insufficient evidence",
    f"! error (could not be judged)  {BLOCKED} blocked by an earlier gate",
)


def print_heading(out: "Console", title: str, heading: dict[str, Any]) -> None:
    """Title; business day and validity, EXPIRED in red when the clock is past it."""
    out.print(text((title, "bold")))
    line = text(f"as of {heading['as_of']}, valid until {heading['valid_until']}")
    if heading["is_expired"]:
        line.append_text(text("  ", ("EXPIRED", "bold red"), ": no pass may be relied on"))
    out.print(line)
    if not heading["is_newest"]:
        words = "a newer run is recorded but not published: run `penstock run`"
        out.print(text((words, "yellow")))


def print_legend(out: "Console") -> None:
    """What the signs mean."""
    for line in LEGEND:
        out.print(text((line, "dim")))


def print_classes(out: "Console", heading: dict[str, Any], classes: list[dict[str, Any]]) -> None:
    """Every class, by workflow."""
    print_heading(out, "Scorecard", heading)
    print_legend(out)
    for workflow, rows in groupby(classes, key=lambda row: row["workflow"]):
        print_workflow(out, workflow, list(rows))


def print_workflow(out: "Console", title: str, rows: list[dict[str, Any]]) -> None:
    """One line of gates per class, and below it its levels and what is missing first."""
    width = _name_width(out, [row["decision_class"] for row in rows])
    out.print()
    out.print(_gate_header(out, title, width))
    for row in rows:
        _print_gates(out, row["decision_class"], row["gates"], width)
        print_indented(out, _standing(row))
        if missing := row["missing_first"]:
            print_indented(out, _missing(missing))
        if waived := [name for gate in row["gates"] for name in gate["waived_criteria"]]:
            print_indented(out, text(("waived, and no pass: ", "bold yellow"), ", ".join(waived)))
        if needed := row["labels_needed"]:
            print_indented(out, text(f"labelled decisions still needed: {number(needed)}"))


def print_one(out: "Console", heading: dict[str, Any], found: dict[str, Any]) -> None:
    """One class: levels, tests, segments by gate, what is open, cohorts."""
    print_heading(out, found["decision_class"], heading)
    out.print(text(found["title"] or ""))
    segments = found["segments"]
    recommended = segments[0]["recommended_level"] or NONE
    approved = segments[0]["approved_level"] or "not yet"
    out.print(_standing(segments[0]) + text(f"; recommended {recommended}; approved {approved}"))
    out.print(text("boundary: ", found["boundary"] or "none", "; amount limit: ", _limit(found)))
    out.print(_tests(segments[0]["tests"]))
    out.print()
    width = _name_width(out, [segment["segment"] for segment in segments])
    out.print(_gate_header(out, "segment", width))
    for segment in segments:
        _print_gates(out, segment["segment"], segment["gates"], width)
    out.print()
    _print_open(out, segments[0]["gates"])
    _print_cohorts(out, found["cohorts"])
    _print_findings(out, found["findings"])
    print_legend(out)


def print_finding_count(out: "Console", count: int) -> None:
    """How many signs of worked-on numbers there are; silent without one."""
    if count:
        out.print(text((f"findings beside the scorecard: {number(count)}", "bold yellow")))
        out.print(text(("they change no verdict; see them by class", "dim")))


def _print_findings(out: "Console", findings: list[dict[str, Any]]) -> None:
    print_finding_count(out, len(findings))
    for row in findings:
        words = f"{row['title']} ({row['subject']}, week of {row['week_start']})"
        print_indented(out, text(words))


def _name_width(out: "Console", names: list[str]) -> int:
    room = out.width - 5 * _gate_width(out) - 2
    return max(10, min(room, LONGEST_NAME, max(map(len, names), default=0)))


def _gate_width(out: "Console") -> int:
    return WIDE_GATE if out.width >= WIDE else NARROW_GATE


def _gate_header(out: "Console", title: str, width: int) -> "Text":
    line = text((title, "bold"))
    line.pad_right(width + 2 - line.cell_len)
    for short in GATE_TITLES.values():
        line.append_text(text((short.ljust(_gate_width(out)), "bold")))
    line.rstrip()
    return line


def _print_gates(out: "Console", name: str, gates: list[dict[str, Any]], width: int) -> None:
    line = text((name, "bold"))
    if line.cell_len > width:  # too long for its column: on a line of its own, never cut
        out.print(line)
        line = text("")
    line.pad_right(width + 2 - line.cell_len)
    for gate in gates:
        cell = verdict_text(
            gate["verdict"], is_blocked=gate["is_blocked"], is_wide=_gate_width(out) == WIDE_GATE
        )
        cell.pad_right(max(0, _gate_width(out) - cell.cell_len))
        line.append_text(cell)
    line.rstrip()
    out.print(line)


def _standing(row: dict[str, Any]) -> "Text":
    effective = row["effective_level"]
    style = "bold" if effective == row["declared_level"] else "bold yellow"
    levels = (f"; declared {row['declared_level']} → effective ", (effective, style))
    line = row["revoked_by_line"]
    revoked = ("", ("; revoked", "bold red"), f", ledger line {line}") if line else ()
    return text("stage ", (row["stage"], "bold"), *levels, *revoked)


def _limit(found: dict[str, Any]) -> str:
    if found["amount_limit"] is None:
        return "none"
    return f"{number(found['amount_limit'])} {found['currency'] or ''}".rstrip()


def _missing(missing: dict[str, Any]) -> "Text":
    reason = missing["first_reason"] or "no criterion is due"
    others = len(missing["open_criteria"]) - 1
    more = f" (and {others} more)" if others > 0 else ""
    return text(("missing first: ", "dim"), f"{missing['gate']}: {reason}{more}")


def _tests(tests: dict[str, str]) -> "Text":
    line = text("four tests: ")
    for position, (name, outcome) in enumerate(tests.items()):
        symbol, style = TEST_LOOKS.get(outcome, ("!", "bold red"))
        line.append_text(text(", " if position else "", name.replace("_", " "), " "))
        line.append_text(text((f"{symbol} {outcome}", style)))
    return line


def _print_open(out: "Console", gates: list[dict[str, Any]]) -> None:
    """Lines, not a table: its columns would break the names of criteria at 80 columns."""
    for gate in gates:
        verdict = verdict_text(gate["verdict"], is_blocked=gate["is_blocked"])
        passed = f"  {gate['pass_count']} of {gate['due_count']} due criteria pass"
        out.print(text((gate["gate"], "bold"), "  ") + verdict + text(passed))
        if names := ", ".join(map(_with_waiver(gate), gate["open_criteria"])):
            print_indented(out, text(("open, worst first: ", "dim"), names))
        if gate["first_reason"]:
            print_indented(out, text(("the worst: ", "dim"), gate["first_reason"]))
    out.print()


def _with_waiver(gate: dict[str, Any]) -> Callable[[str], str]:
    return lambda name: f"{name} (waived)" if name in gate["waived_criteria"] else name


def _print_cohorts(out: "Console", cohorts: list[dict[str, Any]]) -> None:
    if not cohorts:
        out.print(text("no decision of any cohort yet"))
        return
    shown = table("cohort", "decisions", "labelled", "wrong", "cost", numeric=["decisions"])
    for cohort in cohorts:
        mark = " (current)" if cohort["is_current"] else ""
        shown.add_row(
            text(cohort["cohort_id"], (mark, "green")),
            text(number(cohort["decision_count"])),
            text(number(cohort["labelled_count"])),
            text(number(cohort["wrong_count"])),
            text(cost_words(cohort["cost_amount"], cohort["unpriced_count"])),
        )
    out.print(shown)


def cost_words(cost: Any, unpriced: int) -> str:
    """The cost, or `price missing`: a sum over some of the decisions is not their cost."""
    return f"price missing ({number(unpriced)})" if unpriced or cost is None else number(cost)
