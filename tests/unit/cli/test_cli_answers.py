"""explain, inventory, ledger verify and may-act on a published company."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from cli_world import COHORT, DELEGATED, OTHER_CRITERIA, TODAY, WAITING, World
from conftest import Ask

MAY_ACT = ("may-act", DELEGATED, "--amount", "100", "--currency", "EUR")


def test_explain_says_what_was_measured_asked_and_missing(ask: Ask, published: World) -> None:
    said = ask(published, "explain", DELEGATED, "production_fit")
    assert said.code == 0
    assert "estimate 0.005952381, upper bound 0.022017173; a pass needs ≤ 0.02" in said.out
    assert "n 1,512" in said.out
    assert "missing: 1,540 more clean trials over all segments" in said.out
    assert "missing: [bold]noisy[/bold] \\x1b[2J; more of the same will not help" in said.out
    assert "Error of the decisions the AI executes alone at this level" in said.out
    assert "\x1b" not in said.out


def test_explain_json_keeps_every_digit(ask: Ask, published: World) -> None:
    document = ask(published, "explain", DELEGATED, "data_fit", "--format", "json").document()
    assert [row["criterion_id"] for row in document["criteria"]] == list(OTHER_CRITERIA)
    criterion = document["criteria"][0]
    assert criterion["bound"] == "0.022017173"
    assert criterion["threshold"] == "0.020000000"
    assert (criterion["verdict"], criterion["unit"]) == ("insufficient", "share")


def test_explain_names_the_lines_that_nobody_could_read(ask: Ask, published: World) -> None:
    said = ask(published, "explain", DELEGATED, "production_fit", columns=120)
    assert "refused units that count against this class: 18" in said.out
    assert "crm.decisions  data/crm-00.jsonl  invalid_json 7, as decisions" in said.out
    assert "places 2, 3, 5, 7, 11 …" in said.out
    assert "data/crm-09.jsonl" in said.out
    assert "data/crm-10.jsonl" not in said.out
    assert "and 2 more" in said.out
    document = ask(published, "explain", DELEGATED, "data_fit", "--format", "json").document()
    assert (document["refused"]["open_count"], len(document["refused"]["places"])) == (18, 10)


def test_explain_names_no_lines_of_another_class_or_gate(ask: Ask, published: World) -> None:
    for arguments in ((WAITING, "production_fit"), (DELEGATED, "workflow_fit")):
        assert "refused units" not in ask(published, "explain", *arguments).out


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [
        ((DELEGATED, "autonmy_fit"), "autonomy_fit"),
        ((DELEGATED, "data_fit", "--segment", "region=EUR"), "region=EU"),
        (("procurement.match_vendors", "data_fit"), WAITING),
        ((DELEGATED, "nonsense"), "workflow_fit, data_fit"),
    ],
)
def test_explain_refuses_what_it_does_not_know(
    ask: Ask, published: World, arguments: tuple[str, ...], suggestion: str
) -> None:
    said = ask(published, "explain", *arguments)
    assert (said.code, said.out) == (2, "")
    assert suggestion in said.err


def test_inventory_counts_what_nobody_declared_at_the_end(ask: Ask, published: World) -> None:
    said = ask(published, "inventory")
    *_, last = said.out.partition("UNDECLARED: ")
    lines = last.splitlines()
    assert lines[0] == "7 decisions outside the registry"
    assert lines[2].startswith("  support.rogue  7,")
    assert f"{DELEGATED}" in said.out
    assert "15,632" in said.out
    assert "error cost low (15 EUR)" in said.out
    assert "regulated" in said.out


def test_inventory_json_holds_the_same(ask: Ask, published: World) -> None:
    document = ask(published, "inventory", "--format", "json").document()
    assert document["undeclared_decision_count"] == 7
    assert document["declared_class_count"] == 4
    assert document["classes"][-1]["decision_class"] == "support.rogue"


def test_a_whole_ledger_is_said_to_be_whole(ask: Ask, published: World) -> None:
    said = ask(published, "ledger", "verify")
    assert said.code == 0
    assert said.out.startswith("✓ whole")


def test_a_changed_ledger_line_is_named(ask: Ask, fresh: World) -> None:
    fresh.publish()
    (month,) = fresh.ledger.glob("ledger-*.jsonl")
    content = month.read_bytes()
    month.write_bytes(content.replace(b'"verdict":"stale"', b'"verdict":"passs"', 1))
    said = ask(fresh, "ledger", "verify", "--format", "json")
    assert said.code == 1
    assert {problem["code"] for problem in said.document()["problems"]} == {"hash_mismatch"}
    assert "✗ hash_mismatch" in ask(fresh, "ledger", "verify").out


def test_a_release_that_is_not_in_the_ledger_fails_verification(ask: Ask, fresh: World) -> None:
    fresh.publish()
    manifest = fresh.current / "manifest.json"
    manifest.write_bytes(manifest.read_bytes() + b" ")
    assert ask(fresh, "ledger", "verify").code == 1


def test_no_ledger_yet_is_no_whole_ledger(ask: Ask, fresh: World) -> None:
    said = ask(fresh, "ledger", "verify")
    assert (said.code, said.out) == (4, "")


def test_a_lost_ledger_beside_a_publication_is_a_problem(ask: Ask, fresh: World) -> None:
    fresh.publish()
    fresh.ledger.rename(fresh.home / "elsewhere")
    said = ask(fresh, "ledger", "verify")
    assert said.code == 1
    assert "ledger_missing" in said.out


def test_may_act_allows_only_what_was_granted(ask: Ask, published: World) -> None:
    assert ask(published, *MAY_ACT, "--cohort", COHORT).code == 0
    assert ask(published, *MAY_ACT, "--cohort", "another").code == 1
    assert ask(published, *MAY_ACT).out.startswith("denied: cohort_required")
    said = ask(published, "may-act", WAITING, "--cohort", COHORT, "--format", "json")
    assert (said.code, said.document()["reason"]) == (1, "not_delegated")


def test_may_act_finds_the_project_it_is_given(ask: Ask, published: World, fresh: World) -> None:
    named = ("--project", str(published.root), "--cohort", COHORT)
    assert "no_publication" in ask(fresh, *MAY_ACT, *named).out  # its home is fresh's
    assert ask(published, *MAY_ACT, f"--project={published.root}", "--cohort", COHORT).code == 0


def test_may_act_denies_when_it_is_expired(ask: Ask, fresh: World) -> None:
    fresh.publish(TODAY - timedelta(days=4))
    said = ask(fresh, *MAY_ACT, "--cohort", COHORT)
    assert (said.code, said.out.startswith("denied: expired")) == (1, True)


@pytest.mark.parametrize("named", ["/nowhere", "", "penstock\0toml"])
def test_may_act_without_a_project_denies_and_says_why(
    ask: Ask, published: World, named: str
) -> None:
    said = ask(published, *MAY_ACT, "--cohort", COHORT, "--format", "json", "--project", named)
    assert (said.code, said.document()["allowed"]) == (1, False)
    assert said.err.startswith("penstock: ")


def test_may_act_with_a_project_that_cannot_be_opened_denies(
    ask: Ask, published: World, tmp_path: Path
) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    said = ask(published, *MAY_ACT, "--cohort", COHORT, "--project", str(loop))
    assert (said.code, said.out[:22]) == (1, "denied: no_publication")


def test_may_act_with_a_broken_project_denies(ask: Ask, fresh: World) -> None:
    fresh.publish()
    (fresh.root / "penstock.toml").write_text("[project\n", encoding="utf-8")
    assert ask(fresh, *MAY_ACT, "--cohort", COHORT).code == 1


def test_may_act_with_wrong_usage_is_no_answer(ask: Ask, published: World) -> None:
    assert ask(published, "may-act").code == 2
    assert ask(published, "may-act", DELEGATED, "--nonsense").code == 2


def test_may_act_imports_nothing_heavy() -> None:
    code = (
        "import sys; from dagster_project.cli.entry import main; main(['may-act', 'x']); "
        "print([m for m in ('typer', 'rich', 'duckdb', 'dagster', 'yaml') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]"
