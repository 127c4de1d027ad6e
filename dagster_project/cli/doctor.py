"""``penstock doctor``: is everything there, is it what it should be, and if not, what to do."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from dagster_project.cli import doctor_data, doctor_installation, doctor_project
from dagster_project.cli.faults import NO, OK
from dagster_project.cli.findings import Finding

if TYPE_CHECKING:
    from dagster_project.settings import Project

INDENT = 10  # a sign, a blank, eight letters
LOOKS = {"ok": ("✓", "green"), "warn": ("~", "yellow"), "problem": ("✗", "bold red")}


def examine(project: "Project", *, parse: bool, as_json: bool) -> int:
    """Print one line per check; 1 if any found a problem. ``parse`` renews dbt's manifest."""
    from dagster_project.cli.screen import emit_json

    findings = list(_findings(project, parse=parse))
    has_problem = any(finding.state == "problem" for finding in findings)
    if as_json:
        checks = [finding._asdict() for finding in findings]
        emit_json({"project": str(project.root), "is_sound": not has_problem, "checks": checks})
    else:
        _print(findings)
    return NO if has_problem else OK


def _findings(project: "Project", *, parse: bool) -> Iterator[Finding]:
    checks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("python", doctor_installation.check_python),
        ("packages", doctor_installation.check_packages),
        ("settings", lambda: doctor_project.check_settings(project)),
        ("registry", lambda: doctor_project.check_registry(project)),
        ("suites", lambda: doctor_project.check_suites(project)),
        ("manifest", lambda: doctor_project.check_manifest(project, parse=parse)),
        ("sources", lambda: doctor_project.check_sources(project)),
        ("landed files", lambda: doctor_data.check_landed(project)),
        ("pseudonym key", lambda: doctor_data.check_pseudonym_key(project)),
        ("audit key", lambda: doctor_data.check_sample_key(project)),
        ("ledger place", lambda: doctor_data.check_ledger_place(project)),
        ("anchor", lambda: doctor_data.check_anchor(project)),
        ("ledger", lambda: doctor_data.check_ledger(project)),
        ("publication", lambda: doctor_data.check_publication(project)),
    ]
    for name, check in checks:
        try:
            yield from check()
        except Exception as error:  # one check that breaks must not hide the others
            words = " ".join(f"{type(error).__name__}: {error}".split())
            yield Finding(name, "problem", words, "see docs/cli.md")


def _print(findings: list[Finding]) -> None:
    from dagster_project.cli.screen import console, print_indented, text

    out = console()
    for finding in findings:
        symbol, style = LOOKS[finding.state]
        mark = text((f"{symbol} {finding.state:8}", style))
        print_indented(out, text(f"{finding.check}: {finding.detail}"), INDENT, mark)
        if finding.fix:
            print_indented(out, text(("fix: ", "bold"), finding.fix), INDENT + 1)
    counts = [f"{sum(each.state == state for each in findings)} {state}" for state in LOOKS]
    out.print(text(", ".join(counts)))
