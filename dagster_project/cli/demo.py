"""``penstock demo``: the whole pipeline on the bundled data, then what it found."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.cli.faults import UsageProblemError
from dagster_project.cli.words import number
from dagster_project.settings import CONFIG_NAME, PRODUCT_ROOT, Project, load_project

if TYPE_CHECKING:
    from rich.console import Console

    from dagster_project.cli.release import Release

PROCUREMENT, SUPPORT = "procurement", "support"
ASKED = "procurement.classify_vendor_request"
SHOWN_SUPPORT_CLASSES = 10
# cohort_id: agent version | model | prompt version | tool schema version | policy version
COHORTS = """
SELECT
    split_part(decision_class, '.', 2) AS domain,
    CASE WHEN starts_with(split_part(cohort_id, ' | ', 2), 'ft:')
        THEN 'fine-tuned' ELSE 'base' END AS model,
    CAST(sum(decision_count) AS BIGINT) AS decision_count,
    CAST(sum(labelled_count) AS BIGINT) AS labelled_count,
    CAST(sum(wrong_count) AS BIGINT) AS wrong_count,
    CAST(sum(unpriced_count) AS BIGINT) AS unpriced_count,
    CASE WHEN sum(unpriced_count) = 0 THEN sum(cost_amount) END AS cost_amount
FROM {decision_class_cohorts} WHERE workflow = ?
GROUP BY ALL ORDER BY ALL
"""
RUNS = """
SELECT domain, channel,
    CASE WHEN starts_with(model, 'ft:') THEN 'fine-tuned' ELSE 'base' END AS model,
    run_count, full_reward_count
FROM {support_runs} ORDER BY ALL
"""
IS_THERE = "SELECT 1 FROM information_schema.tables WHERE table_name = 'support_runs'"


def run_demo(folder: Path | None, *, as_json: bool) -> None:
    """Run and print. Raises CliError."""
    from dagster_project.cli.run import execute_and_summarize, print_summary
    from dagster_project.cli.screen import console, emit_json

    project = load_project(folder or _bundled())
    summary = execute_and_summarize(project, None, None, has_progress=not as_json)
    found = _found(project)
    results = {
        "decisions": found["decision_count"],
        "classes": len(found["classes"]),
        "seconds": summary["seconds"],
        "peak_memory_mb": summary["peak_memory_mb"],
        "digest": summary["digest"],
    }
    if as_json:
        emit_json({"run": summary, **found, "places": _places(project), "results": results})
        return
    out = console()
    print_summary(out, summary)
    _print_found(out, found)
    _print_places(out, _places(project))
    for name, value in results.items():
        out.print(f"RESULT {name}={value}", soft_wrap=True)


def _bundled() -> Path:
    root = PRODUCT_ROOT.parent / "demo"
    if not (root / CONFIG_NAME).is_file():
        raise UsageProblemError(
            "the demo project lies in the repository, not in the installed package; "
            "name it: penstock demo --project PATH"
        )
    return root


def _found(project: Project) -> dict[str, Any]:
    from dagster_project.cli.release import open_release
    from dagster_project.cli.scorecard import class_rows

    with open_release(project) as release:
        counts = release.rows("SELECT decision_class, decision_count FROM {decision_inventory}")
        return {
            "heading": release.heading(),
            "classes": class_rows(release),
            "decisions_by_class": {
                str(row["decision_class"]): row["decision_count"] for row in counts
            },
            "decision_count": sum(row["decision_count"] for row in counts),
            "runs": release.rows(RUNS) if release.rows(IS_THERE) else [],
            "cohorts": release.rows(COHORTS, SUPPORT),
            "may_act": _ask(project, release),
        }


def _ask(project: Project, release: "Release") -> dict[str, Any]:
    """Ask as the agent would that decided last: with its own cohort."""
    from dagster_project.may_act import may_act

    cohorts = release.rows(
        "SELECT cohort_id FROM {decision_class_cohorts} WHERE decision_class = ? AND is_current",
        ASKED,
    )
    cohort = cohorts[0]["cohort_id"] if cohorts else None
    publish, ledger, anchor = project.publish, project.ledger, project.anchor
    answer = may_act(ASKED, publish=publish, ledger=ledger, anchor=anchor, cohort=cohort)
    levels = release.rows(
        "SELECT declared_level, effective_level, stage FROM {autonomy_map} "
        "WHERE decision_class = ? AND segment = 'all'",
        ASKED,
    )
    return {"decision_class": ASKED, "cohort": cohort, **answer._asdict()} | {
        "map": levels[0] if levels else None
    }


def _places(project: Project) -> dict[str, str]:
    from dagster_project.publish.copy import COPY_NAME

    current = project.publish / "current"
    return {
        "published": str(project.publish),
        "parquet": str(current / "parquet"),
        "duckdb": str(current / COPY_NAME),
        "ledger": str(project.ledger),
        "dagster_home": str(project.dagster_home),
    }


def _print_found(out: "Console", found: dict[str, Any]) -> None:
    from dagster_project.cli.scorecard_text import (
        print_heading,
        print_legend,
        print_workflow,
    )
    from dagster_project.cli.screen import text

    out.print()
    print_heading(out, "Scorecard", found["heading"])
    print_legend(out)
    by_workflow: dict[str, list[dict[str, Any]]] = {}
    for row in found["classes"]:
        by_workflow.setdefault(row["workflow"], []).append(row)
    print_workflow(out, PROCUREMENT, by_workflow.get(PROCUREMENT, []))
    decisions = found["decisions_by_class"]
    support = by_workflow.get(SUPPORT, [])
    most = sorted(support, key=lambda row: -decisions.get(row["decision_class"], 0))
    shown = {row["decision_class"] for row in most[:SHOWN_SUPPORT_CLASSES]}
    print_workflow(out, SUPPORT, [row for row in support if row["decision_class"] in shown])
    if more := len(support) - len(shown):
        out.print(text(f"… and {more} more support classes: penstock scorecard"))
    _print_runs(out, found["runs"])
    _print_cohorts(out, found["cohorts"])
    _print_answer(out, found["may_act"])


def _print_runs(out: "Console", runs: list[dict[str, Any]]) -> None:
    from dagster_project.cli.screen import table, text

    if not runs:
        return
    shown = table("domain", "agent", "model", "full reward")
    for row in runs:
        reward = f"{number(row['full_reward_count'])} of {number(row['run_count'])}"
        shown.add_row(text(row["domain"]), text(row["channel"]), text(row["model"]), text(reward))
    out.print()
    out.print(text(("Support: conversations that reached full reward", "bold")))
    out.print(shown)


def _print_cohorts(out: "Console", cohorts: list[dict[str, Any]]) -> None:
    from dagster_project.cli.scorecard_text import cost_words
    from dagster_project.cli.screen import table, text

    counts = ["decisions", "labelled", "wrong", "share wrong"]
    shown = table("domain", "model", *counts, "cost", numeric=counts)
    for row in cohorts:
        labelled, wrong = row["labelled_count"], row["wrong_count"]
        shown.add_row(
            text(row["domain"]),
            text(row["model"]),
            text(number(row["decision_count"])),
            text(number(labelled)),
            text(number(wrong)),
            text(f"{100 * wrong / labelled:.1f} %" if labelled else "–"),
            text(cost_words(row["cost_amount"], row["unpriced_count"])),
        )
    out.print()
    out.print(text(("Support: decisions, each labelled by its conversation's reward", "bold")))
    out.print(shown)
    note = "a conversation that fails has more calls: a share of calls, not of conversations"
    out.print(text((note, "dim")))


def _print_answer(out: "Console", answer: dict[str, Any]) -> None:
    from dagster_project.cli.screen import text

    word = ("allowed", "green") if answer["allowed"] else ("denied", "bold red")
    out.print()
    out.print(text(("May the AI act alone? ", "bold"), f"penstock may-act {ASKED}"))
    until = f", counted until {answer['valid_until']}" if answer["valid_until"] else ""
    out.print(text("  ", word, f": {answer['reason']}{until}"))
    if levels := answer["map"]:
        stage, declared = levels["stage"], levels["declared_level"]
        words = f"stage {stage}, declared {declared}, in force {levels['effective_level']}"
        out.print(text(f"  the map as of that day: {words}"))


def _print_places(out: "Console", places: dict[str, str]) -> None:
    from dagster_project.cli.screen import text

    out.print()
    for name, place in places.items():
        out.print(text((f"{name.replace('_', ' '):13}", "dim"), place), soft_wrap=True)
    out.print(text(("Dagster UI   ", "dim"), "make dev"))
    out.print()
