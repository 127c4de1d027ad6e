"""Maps, signatures and waivers: what is shown, what is written, and what never is."""

import csv
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from cli_world import DELEGATED, TODAY, World, company
from conftest import Ask

from dagster_project.ledger.record import last_run

VALID = Path(__file__).parents[2] / "poison" / "registry" / "valid" / "seeds"
ACTIONS_SHOWN = 20
SIGN = ("sign-off", DELEGATED, "--role", "business", "--person", "p1")
WAIVE = {
    "--requested-by": "p1",
    "--approved-by": "p3",
    "--exposure": "250.50",
    "--reason": 'a slow month, "known"',
}


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Published once: signing and waiving change the registry alone."""
    world = company(tmp_path_factory.mktemp("governed"))
    world.publish()
    return world


@pytest.fixture
def governed(once: World) -> World:
    """With the registry of three people who own its first class, as it was."""
    shutil.rmtree(once.root / "seeds", ignore_errors=True)
    govern(once)
    return once


def govern(world: World) -> None:
    shutil.copytree(VALID, world.root / "seeds")
    for path in (world.root / "seeds" / "registry").glob("*.csv"):
        path.write_text(path.read_text().replace("procurement.classify,", f"{DELEGATED},"))
    signed = world.root / "seeds" / "registry" / "sign_offs.csv"
    signed.write_text(signed.read_text().splitlines()[0])  # the last line has no end yet


def registry(world: World) -> dict[str, bytes]:
    folder = world.root / "seeds" / "registry"
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rows(world: World, seed: str) -> list[dict[str, str]]:
    path = world.root / "seeds" / "registry" / f"{seed}.csv"
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def waive(criterion: str = "clean_volume", **options: str) -> list[str]:
    given = WAIVE | {f"--{name.replace('_', '-')}": value for name, value in options.items()}
    return ["waive", DELEGATED, criterion, *(part for pair in given.items() for part in pair)]


def test_a_signature_is_one_row_more_with_the_published_map_and_evidence(
    ask: Ask, governed: World
) -> None:
    before = registry(governed)
    said = ask(governed, *SIGN, "--format", "json", "--days", "90")
    assert (said.code, said.err) == (0, "")
    (row,) = rows(governed, "sign_offs")
    run = last_run(governed.ledger)
    assert run is not None
    shown = ask(governed, "map", DELEGATED, "--format", "json").document()["map"][0]
    assert row == {
        "sign_off_id": f"{TODAY:%Y%m%d}-{DELEGATED}-business",
        "decision_class": DELEGATED,
        "role": "business",
        "person_id": "p1",
        "map_digest": shown["map_digest"],
        "evidence_digest": run.body["digests"]["inputs"],
        "signed_at": str(TODAY),
        "expires_at": str(TODAY + timedelta(days=90)),
    }
    document = said.document()
    assert (document["line"], document["is_written"]) == (2, True)
    assert document["text"].startswith(row["sign_off_id"])
    after = registry(governed)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"sign_offs.csv"}
    assert after["sign_offs.csv"].startswith(before["sign_offs.csv"] + b"\n")


def test_two_people_sign_and_nobody_twice(ask: Ask, governed: World) -> None:
    assert ask(governed, *SIGN).code == 0
    second = ask(governed, "sign-off", DELEGATED, "--role", "risk", "--person", "p3")
    assert second.code == 0
    assert f"added to seeds/registry/sign_offs.csv, row 3:\n+ {TODAY:%Y%m%d}" in second.out
    written = registry(governed)
    again = ask(governed, *SIGN)
    assert (again.code, again.out) == (1, "")
    assert "p1 signed this map already: row 2" in again.err
    assert registry(governed) == written


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--role", "risk", "--person", "p1"), 1, "p1 is not the risk owner of procurement"),
        (("--role", "business", "--person", "p4"), 1, "it is p1"),
        (("--role", "technical", "--person", "p2"), 2, "there are business, risk"),
        (("--role", "business", "--person", "p1", "--days", "400"), 2, "write 1 to 366"),
        (("--role", "business", "--person", "p1", "--days", "0"), 2, "write 1 to 366"),
    ],
)
def test_who_may_not_sign_leaves_the_registry_as_it_was(
    ask: Ask, governed: World, arguments: tuple[str, ...], code: int, words: str
) -> None:
    before = registry(governed)
    said = ask(governed, "sign-off", DELEGATED, *arguments)
    assert (said.code, said.out) == (code, "")
    assert words in " ".join(said.err.split())
    assert registry(governed) == before


def test_what_is_no_longer_in_force_cannot_be_signed(ask: Ask, fresh: World) -> None:
    govern(fresh)
    before = registry(fresh)
    fresh.publish(TODAY - timedelta(days=9))
    said = ask(fresh, *SIGN)
    assert (said.code, said.out, registry(fresh)) == (1, "", before)
    assert "run `penstock run`" in said.err


def test_a_registry_that_the_row_would_break_stays_as_it_was(ask: Ask, governed: World) -> None:
    owners = governed.root / "seeds" / "registry" / "owners.csv"
    # the release still knows p1 as owner, the registry no longer does
    owners.write_text(owners.read_text().replace("procurement,business,p1,2026-01-01,", ""))
    before = registry(governed)
    said = ask(governed, *SIGN)
    assert said.code == 2
    assert "sign_offs.csv was left as it is" in said.err
    assert registry(governed) == before


def test_a_waiver_is_one_row_more_in_the_currency_of_the_class(ask: Ask, governed: World) -> None:
    trial = ask(governed, *waive(), "--dry-run")
    assert (trial.code, len(rows(governed, "waivers"))) == (0, 2)
    assert "would be added to seeds/registry/waivers.csv, row 4:" in trial.out
    assert ask(governed, *waive()).code == 0
    row = rows(governed, "waivers")[-1]
    assert row["reason"] == 'a slow month, "known"'
    assert (row["exposure_amount"], row["currency"]) == ("250.50", "EUR")
    assert (row["granted_at"], row["expires_at"]) == (str(TODAY), str(TODAY + timedelta(days=30)))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (waive(approved_by="p1"), "'p1' asks for it too"),
        (waive(approved_by="p2"), "'p2' was not the risk owner"),
        (waive(requested_by="p9"), "'p9' is not in people.csv"),
        (waive(days="31"), "--days 31: write 1 to 30"),
        (waive(days="0"), "--days 0: write 1 to 30"),
        (waive(days="9999999"), "--days 9999999: write 1 to 30"),
        (waive(reason="St\udcf6rung"), "waivers.csv is UTF-8, the new row is not"),
        (waive(exposure="0"), "is not above 0"),
        (waive(exposure="much"), "is not a plain number"),
        (waive(reason=""), "column reason: is empty"),
        (waive("signed_by_risk"), "is a rule, which nobody can waive"),
        (waive("clean_volumes"), "did you mean clean_volume?"),
    ],
)
def test_no_waiver_is_written_that_the_next_run_would_refuse(
    ask: Ask, governed: World, arguments: list[str], words: str
) -> None:
    before = registry(governed)
    said = ask(governed, *arguments)
    assert (said.code, said.out) == (2, "")
    assert words in " ".join(said.err.split())
    assert registry(governed) == before


def test_without_a_registry_that_can_be_read_nothing_is_waived(ask: Ask, published: World) -> None:
    said = ask(published, *waive())
    assert (said.code, "the registry cannot be read" in said.err) == (2, True)
    assert "decision_classes.csv" in said.err


def test_the_map_shows_four_levels_and_why(ask: Ask, published: World) -> None:
    said = ask(published, "map")
    assert said.code == 0
    assert "declared delegate; recommended delegate; approved not yet; effective" in said.out
    assert "recommended: tests: value at risk weak" in said.out
    assert "effective: as declared" in said.out
    assert "amount limit 500 EUR (declared 900)" in said.out
    assert "\x1b" not in said.out
    assert "region=EU" not in said.out
    assert "region=EU" in ask(published, "map", DELEGATED).out
    row = ask(published, "map", "--format", "json").document()["map"][0]
    assert (row["tests"]["value_at_risk"], row["segment"]) == ("weak", "all")


def test_signatures_that_do_not_count_are_named_by_row_column_and_fix(
    ask: Ask, governed: World
) -> None:
    assert ask(governed, *SIGN).code == 0
    path = governed.root / "seeds" / "registry" / "sign_offs.csv"
    path.write_text(path.read_text().replace(f"{TODAY:%Y%m%d}-{DELEGATED}-business", "s2"))
    said = ask(governed, "sign-offs")
    assert said.out.splitlines()[2] == f"✓ {DELEGATED}  business  p1  until {TODAY + timedelta(1)}"
    assert (
        "    seeds/registry/sign_offs.csv row 2, column map_digest: was given for another map; "
        "sign this" in said.out
    )
    assert "column person_id: does not hold the role today" in said.out


def test_waivers_stand_with_their_money_and_never_as_a_pass(ask: Ask, published: World) -> None:
    said = ask(published, "waivers")
    assert "2 open; exposure 501 EUR" in said.out
    assert [line.split()[0] for line in said.out.splitlines() if "latency" in line] == [
        *("open", "open", "expired", "void")
    ]
    assert "250.5 EUR; [red]slow[/red]; asked by p1, approved by p3; 2 verdicts waived" in said.out
    assert ask(published, "waivers", "--format=json").document()["exposure"] == {"EUR": "501.0000"}
    assert "waived, and no pass: latency" in ask(published, "scorecard").out
    assert "latency (waived), accuracy" in ask(published, "scorecard", DELEGATED, columns=200).out
    explained = ask(published, "explain", DELEGATED, "production_fit").out
    assert f"waived by w1 until {TODAY}; the verdict stays what it is" in explained
    assert explained.count("waived by") == 1


def test_the_inventory_names_what_agents_did_outside_it(ask: Ask, published: World) -> None:
    said = ask(published, "inventory")
    assert "action rogue_00\\x1b[2J in support, source crm:  30," in said.out
    assert said.out.count("    action rogue_") == ACTIONS_SHOWN
    assert "and 2 more actions" in said.out
    assert "15,632       571.5         600" in said.out
    assert "% of 15,639 decisions are covered" in said.out
    assert "renamed from procurement.sort on 2026-01-01, evidence kept" in said.out
    document = ask(published, "inventory", "--format", "json").document()
    assert len(document["undeclared_actions"]) == ACTIONS_SHOWN + 2
