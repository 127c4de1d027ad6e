"""Anchor and head: what they remember must be in the ledger, and they must be there."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dagster_project.ledger.anchor import Watch
from dagster_project.ledger.ledger import Entry, LedgerError, append, last_line, read, verify
from dagster_project.ledger.record import record_run
from dagster_project.ledger.revocation import lift, revoke, standing

DAY = datetime(2026, 3, 30, 6, tzinfo=UTC)
DIGESTS = dict.fromkeys(("inputs", "code", "registry", "publication", "grants"), "0" * 64)


class World(NamedTuple):
    ledger: Path
    watch: Watch

    @property
    def anchor(self) -> Path:
        assert self.watch.anchor
        return self.watch.anchor

    def run(self, day: int = 0, watch: Watch | None = None, **changes: Any) -> None:
        given: dict[str, Any] = {"verdicts": []}
        record_run(
            self.ledger,
            as_of=date(2026, 3, 29),
            known_batch="20260330T050000000000Z",
            valid_until=DAY + timedelta(days=2),
            digests=DIGESTS,
            actor="run:1",
            time=DAY + timedelta(days=day),
            watch=watch or self.watch,
            **(given | changes),
        )

    def judge(self, day: int, *names: str, taxonomy: Sequence[dict[str, str]] = ()) -> None:
        """A run over these classes."""
        self.run(day, verdicts=list(map(verdict, names)), taxonomy=taxonomy)

    def stands(self) -> dict[str, list[tuple[str, int]]]:
        """What the last run repeated: class and line."""
        body = list(read(self.ledger))[-1].body
        return {
            key: [(row["decision_class"], row["seq"]) for row in body[key]]
            for key in ("revoked", "revoked_gone")
        }

    def kinds(self) -> list[str]:
        return [line.kind for line in read(self.ledger)]


def verdict(name: str) -> dict[str, Any]:
    return {
        "decision_class": name,
        "segment": "all",
        "gate": "data_fit",
        "verdict": "pass",
        "is_blocked": False,
        "level": "surface",
        "cohort_id": "c1",
        "criteria": [{"id": "fresh", "verdict": "pass"}],
    }


def became(*changes: tuple[str, str]) -> list[dict[str, str]]:
    return [{"former_class": one, "decision_class": other} for one, other in changes]


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "ledger", Watch(tmp_path / "anchor.jsonl", tmp_path / "publish"))
    made.run()
    made.run(1)
    return made


def test_anchor_and_head_hold_the_newest_line(world: World) -> None:
    last = last_line(world.ledger)
    assert last is not None
    newest = {"size": last.seq, "hash": last.hash}
    assert world.watch.head is not None
    assert json.loads(world.watch.head.read_bytes()) == newest
    assert json.loads(world.anchor.read_bytes().splitlines()[-1]) == newest


@pytest.mark.parametrize("gone", ["deleted", "emptied"])
def test_an_anchor_that_runs_wrote_to_must_be_there(world: World, gone: str) -> None:
    if gone == "deleted":
        world.anchor.unlink()
    else:
        world.anchor.write_bytes(b"")
    before, later = world.kinds(), DAY + timedelta(days=2)
    calls: list[Callable[[], object]] = [
        lambda: world.run(2),
        lambda: revoke(world.ledger, None, reason="r", actor="a", time=later, watch=world.watch),
    ]
    for call in calls:
        with pytest.raises(LedgerError, match="is gone or empty"):
            call()
    assert world.kinds() == before


def test_another_anchor_is_recorded_and_starts_where_the_ledger_ends(
    world: World, tmp_path: Path
) -> None:
    moved = Watch(tmp_path / "moved.jsonl", world.watch.publish)
    world.run(2, moved)
    assert world.kinds() == ["run", "run", "anchor", "run"]
    line = list(read(world.ledger))[2]
    assert line.body == {"path": str(moved.anchor), "before": str(world.anchor)}
    assert [json.loads(raw)["size"] for raw in moved.anchor.read_bytes().splitlines()] == [2, 4]
    world.run(3, moved)
    world.run(4, Watch(None, world.watch.publish))
    assert world.kinds()[4:] == ["run", "anchor", "run"]
    assert verify(world.ledger, moved.anchor, None) == []


@pytest.mark.parametrize("which", ["anchor", "head"])
def test_nothing_is_written_to_a_ledger_that_ends_earlier_than_remembered(
    world: World, which: str
) -> None:
    month = next(world.ledger.glob("*.jsonl"))
    content = month.read_bytes()
    world.run(1)
    month.write_bytes(content)
    watch = Watch(world.anchor) if which == "anchor" else Watch(None, world.watch.publish)
    with pytest.raises(LedgerError, match="saw 3 lines, the ledger has 2"):
        world.run(2, watch)
    assert month.read_bytes() == content


def test_every_run_repeats_the_revocations_that_stand(world: World) -> None:
    given = {"reason": "why", "actor": "ada", "time": DAY + timedelta(days=1)}
    for name in ("crm.tag", "crm.tag", "crm.other"):
        revoke(world.ledger, name, watch=world.watch, **given)
    world.run(2)
    append(
        world.ledger, [Entry("override", "by hand", {})], actor="ada", time=DAY + timedelta(days=2)
    )
    world.run(3)
    assert [line.body["revoked"] for line in read(world.ledger) if line.kind == "run"][-2:] == [
        [
            {"decision_class": "crm.tag", "seq": 3},
            {"decision_class": "crm.tag", "seq": 4},
            {"decision_class": "crm.other", "seq": 5},
        ],
        [
            {"decision_class": "crm.tag", "seq": 3},
            {"decision_class": "crm.tag", "seq": 4},
            {"decision_class": "crm.other", "seq": 5},
            {"decision_class": None, "seq": 7},
        ],
    ]
    given["time"] = DAY + timedelta(days=3)
    lines = lift(world.ledger, "crm.tag", watch=world.watch, **given)
    assert [line.supersedes for line in lines] == [3, 4]
    assert lift(world.ledger, "crm.tag", watch=world.watch, **given) == []
    assert [each.seq for each in standing(world.ledger)] == [5, 7]


def test_revocations_are_found_over_months_without_a_run(world: World) -> None:
    for day in (2, 40):
        time = DAY + timedelta(days=day)
        revoke(world.ledger, f"on {day}", reason="r", actor="a", time=time, watch=world.watch)
    assert [each.decision_class for each in standing(world.ledger)] == ["on 2", "on 40"]


def test_a_revocation_goes_with_the_class_into_its_new_names(world: World) -> None:
    given = {"reason": "why", "actor": "ada", "time": DAY + timedelta(days=1)}
    revoke(world.ledger, "crm.tag", watch=world.watch, **given)
    revoke(world.ledger, "crm.gone", watch=world.watch, **given)
    rows = became(("crm.tag", "crm.mark"), ("crm.mark", "crm.hot"), ("crm.mark", "crm.cold"))
    found = []
    for day in (2, 3):
        world.judge(day, "crm.hot", "crm.cold", "crm.new", taxonomy=rows)
        found.append(world.stands())
    parts = [("crm.cold", 3), ("crm.hot", 3)]
    assert found == [{"revoked": [*parts, ("crm.gone", 4)], "revoked_gone": [("crm.tag", 3)]}] * 2
    given["time"] = DAY + timedelta(days=4)
    lift(world.ledger, "crm.hot", watch=world.watch, **given)
    for day in (5, 6):
        world.judge(day, "crm.hot", "crm.cold", taxonomy=rows)
        assert world.stands()["revoked"] == [("crm.cold", 3), ("crm.gone", 4)]
    # what was lifted is lifted under later names too, and what was not is not
    rows += became(("crm.hot", "crm.warm"), ("crm.cold", "crm.icy"))
    world.judge(7, "crm.warm", "crm.icy", taxonomy=rows)
    assert world.stands()["revoked"] == [("crm.icy", 3), ("crm.gone", 4)]
    rows += became(("crm.warm", "crm.both"), ("crm.icy", "crm.both"))
    world.judge(8, "crm.both", taxonomy=rows)
    assert world.stands()["revoked"] == [("crm.both", 3), ("crm.gone", 4)]


def test_a_class_that_was_split_off_a_revoked_one_is_revoked_until_it_is_lifted(
    world: World,
) -> None:
    given = {"reason": "why", "actor": "ada", "time": DAY + timedelta(days=1)}
    revoke(world.ledger, "crm.tag", watch=world.watch, **given)
    rows = became(("crm.tag", "crm.part"))
    world.judge(2, "crm.tag", "crm.part", taxonomy=rows)
    assert world.stands()["revoked"] == [("crm.part", 3), ("crm.tag", 3)]
    given["time"] = DAY + timedelta(days=3)
    lift(world.ledger, "crm.part", watch=world.watch, **given)
    for day in (4, 5):
        world.judge(day, "crm.tag", "crm.part", taxonomy=rows)
        assert world.stands()["revoked"] == [("crm.tag", 3)]
    given["time"] = DAY + timedelta(days=6)
    lift(world.ledger, "crm.tag", watch=world.watch, **given)
    world.judge(7, "crm.tag", "crm.part", taxonomy=rows)
    assert list(read(world.ledger))[-1].body["revoked_lifted"] == []


@pytest.mark.parametrize("parts", [["crm.mark"], ["crm.hot", "crm.cold"]])
def test_a_renaming_or_split_that_is_undone_frees_no_revoked_class(
    world: World, parts: list[str]
) -> None:
    world.judge(1, "crm.tag", "crm.other")
    given = {"reason": "why", "actor": "ada", "time": DAY + timedelta(days=2)}
    seq = revoke(world.ledger, "crm.tag", watch=world.watch, **given).seq
    rows = became(*(("crm.tag", part) for part in parts))
    world.judge(3, "crm.other", *parts, taxonomy=rows)
    held = [(part, seq) for part in sorted(parts)]
    assert world.stands() == {"revoked": held, "revoked_gone": [("crm.tag", seq)]}
    world.judge(4, "crm.tag", "crm.other")
    assert world.stands() == {"revoked": [("crm.tag", seq)], "revoked_gone": held}
    given["time"] = DAY + timedelta(days=5)
    lift(world.ledger, "crm.tag", watch=world.watch, **given)
    world.judge(6, "crm.tag", "crm.other")
    assert world.stands()["revoked"] == []


@pytest.mark.parametrize("name", [["crm.tag"], {"a": 1}, 7])
def test_a_revocation_of_what_is_no_name_is_one_of_every_class(world: World, name: object) -> None:
    entry = Entry("revoke", "by hand", {"decision_class": name})
    append(world.ledger, [entry], actor="eve", time=DAY + timedelta(days=1))
    assert [each.decision_class for each in standing(world.ledger)] == [None]


def test_a_revoked_class_that_has_gone_is_kept_apart_and_revoked_when_it_is_back(
    world: World,
) -> None:
    world.run(1, verdicts=[verdict("crm.tag"), verdict("crm.other")])
    given = {"reason": "why", "actor": "ada", "time": DAY + timedelta(days=2)}
    for name in ("crm.tag", "crm.tag "):
        revoke(world.ledger, name, watch=world.watch, **given)
    found = []
    for day, names in enumerate((["crm.other"], ["crm.other"], ["crm.tag"]), start=3):
        world.run(day, verdicts=list(map(verdict, names)))
        body = list(read(world.ledger))[-1].body
        found.append(
            [[row["decision_class"] for row in body[name]] for name in ("revoked", "revoked_gone")]
        )
        assert [each.decision_class for each in standing(world.ledger)] == ["crm.tag", "crm.tag "]
    assert found == [[["crm.tag "], ["crm.tag"]]] * 2 + [[["crm.tag", "crm.tag "], []]]
