"""A legal hold stops every disposal; retention shorter than the least is refused."""

import pytest
from cli_world import World
from conftest import Ask


def settings(world: World, retention: str) -> None:
    text = f'[project]\nname = "company"\n[retention]\n{retention}\n'
    (world.root / "penstock.toml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    "arguments",
    [
        ("ledger", "dispose"),
        ("ledger", "dispose", "--dry-run"),
        ("landed", "dispose", "--confirm"),
        ("erase", "--decision", "d-1"),
    ],
)
def test_under_a_legal_hold_nothing_is_disposed_of_or_erased(
    ask: Ask, fresh: World, arguments: tuple[str, ...]
) -> None:
    settings(fresh, 'holds = ["case 4711, until the court has spoken"]')
    (fresh.home / "landing").mkdir(parents=True)
    said = ask(fresh, *arguments)
    assert (said.code, said.out) == (1, "")
    assert "legal hold" in said.err
    assert "case 4711" in said.err


@pytest.mark.parametrize(
    ("retention", "words"),
    [
        ("ledger_years = 6", "must be 7 or more"),
        ("landed_days = 182", "must be 183 or more"),
        ('holds = "case 4711"', "[retention] holds must be"),
    ],
)
def test_a_retention_that_keeps_too_little_is_bad_input(
    ask: Ask, fresh: World, retention: str, words: str
) -> None:
    settings(fresh, retention)
    said = ask(fresh, "ledger", "dispose")
    assert (said.code, words in said.err) == (2, True)


def test_nothing_is_due_in_a_young_ledger(ask: Ask, published: World) -> None:
    said = ask(published, "ledger", "dispose", "--format", "json")
    assert (said.code, said.document()) == (0, {"files": [], "ledger_line": None})
    assert ask(published, "ledger", "dispose", "--dry-run").out.startswith("0 months")
