"""The proof decides: damaged, missing or outdated files deny, however good the request."""

import hashlib
import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from may_act_world import FREE, LIMITED, NOW, RUN, World, make_warm, make_world

import dagster_project.may_act as may_act_module
from dagster_project.ledger.ledger import Entry, LedgerError, append, read
from dagster_project.ledger.revocation import lift, revoke, standing
from dagster_project.ledger.verify import encode, line_hash, verify


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def rewritten(path: Path, change: Callable[[bytes], bytes]) -> None:
    content = change(path.read_bytes())
    assert content != path.read_bytes()
    path.write_bytes(content)


def month(world: World) -> Path:
    return world.ledger / "ledger-2026-03.jsonl"


def no_ledger_lines(world: World) -> None:
    for path in world.ledger.glob("*.jsonl"):
        path.write_bytes(b"")


def no_ledger_folder(world: World) -> None:
    for path in world.ledger.glob("*.jsonl"):
        path.unlink()


def link_month_to_itself(world: World) -> None:
    month(world).unlink()
    month(world).symlink_to(month(world))


def resealed_grants(world: World, change: Callable[[dict[str, Any]], Any]) -> None:
    """Grants that the ledger vouches for, and that are wrong all the same."""
    content = json.loads(world.grants.read_bytes())
    change(content)
    reseal(world, json.dumps(content).encode())


def reseal(world: World, grants: bytes) -> None:
    assert grants != world.grants.read_bytes()
    world.grants.write_bytes(grants)
    *head, last = month(world).read_bytes().splitlines(keepends=True)
    line = json.loads(last)
    line["body"]["digests"]["grants"] = hashlib.sha256(world.grants.read_bytes()).hexdigest()
    line["hash"] = line_hash(line)
    month(world).write_bytes(b"".join([*head, encode(line) + b"\n"]))
    remember_as_it_is(world)


def twice(world: World, old: bytes, new: bytes) -> None:
    """Readers differ in which of two equal keys they take."""
    content = json.loads(world.grants.read_bytes())
    compact = json.dumps(content, separators=(",", ":"), sort_keys=True)
    reseal(world, compact.encode().replace(old, new))


def resealed_run(world: World, change: Callable[[dict[str, Any]], Any]) -> None:
    """A run line that is wrong, and that everything vouches for all the same."""
    *head, last = month(world).read_bytes().splitlines(keepends=True)
    line = json.loads(last)
    change(line["body"])
    line["hash"] = line_hash(line)
    month(world).write_bytes(b"".join([*head, encode(line) + b"\n"]))
    remember_as_it_is(world)


def remember_as_it_is(world: World) -> None:
    """Anchor and head as they would be, had the ledger always been like this."""
    line = json.loads(month(world).read_bytes().splitlines()[-1])
    content = encode({"size": line["seq"], "hash": line["hash"]}) + b"\n"
    world.head.write_bytes(content)
    world.anchor.write_bytes(content)


def cut_revocation(world: World, *forged: Path) -> None:
    """A revocation cut off the ledger's end again, and what ``forged`` remembers put back."""
    files = (month(world), *forged)
    before = [path.read_bytes() for path in files]
    revoke(world.ledger, FREE, reason="bad", actor="ada", time=RUN, watch=world.watch)
    assert world.ask(amount=1).reason == "revoked"
    for path, content in zip(files, before, strict=True):
        path.write_bytes(content)


def replayed(world: World) -> None:
    """Ledger and publication of an earlier moment, head and all."""
    folders = (world.ledger, world.publish)
    copies = {path: path.read_bytes() for folder in folders for path in folder.glob("*.json*")}
    revoke(world.ledger, None, reason="bad", actor="ada", time=RUN, watch=world.watch)
    for path, content in copies.items():
        path.write_bytes(content)


def written_anew(world: World) -> None:
    """Another ledger, as long and whole, under the same grants; the head is forged with it."""
    content = month(world).read_bytes().splitlines()
    (world.ledger / "ledger-2026-02.jsonl").unlink()
    prev, lines = "0" * 64, []
    for seq, raw in enumerate(content, start=1):
        line = json.loads(raw) | {"seq": seq, "prev": prev}
        line["hash"] = prev = line_hash(line)
        lines.append(encode(line) + b"\n")
    month(world).write_bytes(b"".join(lines))
    world.head.write_bytes(encode({"size": len(lines), "hash": prev}) + b"\n")


def revoked_before_the_run(world: World, name: str | None) -> None:
    revoke(world.ledger, name, reason="bad", actor="ada", time=RUN, watch=world.watch)
    world.run(RUN + timedelta(minutes=1))


def lifted(world: World) -> None:
    """Within the same run: a lift counts from the next one on."""
    for change in (revoke, lift):
        change(world.ledger, FREE, reason="why", actor="ada", time=RUN, watch=world.watch)


def later(world: World, kind: str, body: dict[str, Any], days: int = 0) -> None:
    entry = Entry(kind, f"{kind} by hand", body)
    append(world.ledger, [entry], actor="ada", time=RUN + timedelta(days=days))


DAMAGES: list[tuple[str, str, Callable[[World], Any]]] = [
    ("no_publication", "grants gone", lambda w: w.grants.unlink()),
    ("no_ledger", "ledger empty", no_ledger_lines),
    ("no_ledger", "ledger gone", no_ledger_folder),
    ("not_in_ledger", "a blank in grants", lambda w: rewritten(w.grants, lambda c: c + b" ")),
    (
        "not_in_ledger",
        "level raised in grants",
        lambda w: rewritten(w.grants, lambda c: c.replace(b'"surface"', b'"delegate"')),
    ),
    (
        "not_in_ledger",
        "older grants than the last run",
        lambda w: w.run(
            time=RUN + timedelta(minutes=1),
            digests=dict.fromkeys(
                ("inputs", "code", "registry", "publication", "grants"), "0" * 64
            ),
        ),
    ),
    (
        "ledger_broken",
        "a byte of the run line",
        lambda w: rewritten(month(w), lambda c: c.replace(b"verdicts as of", b"Verdicts as of")),
    ),
    (
        "ledger_broken",
        "a byte of an older line",
        lambda w: rewritten(month(w), lambda c: c.replace(b"rule 1", b"rule 7")),
    ),
    ("ledger_broken", "a line gone", lambda w: rewritten(month(w), lambda c: c.split(b"\n", 1)[1])),
    (
        "ledger_broken",
        "the month before gone",
        lambda w: (w.ledger / "ledger-2026-02.jsonl").unlink(),
    ),
    ("ledger_broken", "torn tail", lambda w: rewritten(month(w), lambda c: c + b'{"actor":"')),
    ("ledger_broken", "garbage line", lambda w: rewritten(month(w), lambda c: c + b"{}\n")),
    ("ledger_broken", "blank line", lambda w: rewritten(month(w), lambda c: c + b"\n")),
    (
        "not_in_ledger",
        "no run line any more",
        lambda w: (w.ledger / "ledger-2026-03.jsonl").unlink(),
    ),
    ("revoked", "class revoked", lambda w: later(w, "revoke", {"decision_class": FREE})),
    ("revoked", "class overridden", lambda w: later(w, "override", {"decision_class": FREE})),
    ("revoked", "all revoked", lambda w: later(w, "revoke", {})),
    *(
        (
            "revoked",
            f"revoked: {name!r}",
            lambda w, n=name: later(w, "revoke", {"decision_class": n}),
        )
        for name in (f"{FREE} ", "", FREE.upper(), "crm.unknown")
    ),
    (
        "revoked",
        "an unknown class revoked, and then a run",
        lambda w: (
            later(w, "revoke", {"decision_class": f"{FREE} "}),
            w.run(RUN + timedelta(minutes=1)),
        ),
    ),
    ("unreadable", "revoked: a list", lambda w: later(w, "revoke", {"decision_class": [FREE]})),
    ("revoked", "revoked next month", lambda w: later(w, "revoke", {"decision_class": FREE}, 2)),
    (
        "unreadable",
        "grants of another version",
        lambda w: resealed_grants(w, lambda g: g.update(version=2)),
    ),
    ("unreadable", "no levels", lambda w: resealed_grants(w, lambda g: g.pop("levels"))),
    (
        "unreadable",
        "two grants for one",
        lambda w: resealed_grants(w, lambda g: g["grants"].append(g["grants"][0])),
    ),
    (
        "unreadable",
        "level surface granted",
        lambda w: resealed_grants(w, lambda g: g["grants"][0].update(level="surface")),
    ),
    (
        "unreadable",
        "time without zone",
        lambda w: resealed_grants(w, lambda g: g.update(valid_until="2099-01-01T00:00:00")),
    ),
    (
        "expired",
        "grant expired",
        lambda w: resealed_grants(
            w, lambda g: g["grants"][0].update(valid_until="2026-03-30T06:30:00Z")
        ),
    ),
    (
        "expired",
        "grants expired",
        lambda w: resealed_grants(w, lambda g: g.update(valid_until="2026-03-30T06:30:00Z")),
    ),
    ("unreadable", "version true", lambda w: resealed_grants(w, lambda g: g.update(version=True))),
    (
        "unreadable",
        "the map says surface",
        lambda w: resealed_grants(
            w, lambda g: [levels.update(all="surface") for levels in g["levels"].values()]
        ),
    ),
    *(
        ("unreadable", f"{key} twice", lambda w, old=old, new=new: twice(w, old, new))
        for key, old, new in (
            ("level", b'"level":"delegate"', b'"level":"surface","level":"delegate"'),
            ("cohort", b'"cohort_id":"c1"', b'"cohort_id":"c2","cohort_id":"c1"'),
            ("validity", b'{"as_of"', b'{"valid_until":"2020-01-01T00:00:00Z","as_of"'),
        )
    ),
    ("unreadable", "head twice", lambda w: rewritten(w.head, lambda c: b'{"size":1,' + c[1:])),
    ("unreadable", "head of a number", lambda w: w.head.write_bytes(b'{"hash":7,"size":1}')),
    ("unreadable", "head nested", lambda w: w.head.write_bytes(b"[" * 100_000)),
    ("no_publication", "grants a pipe", lambda w: (w.grants.unlink(), os.mkfifo(w.grants))),
    ("no_head", "head a folder", lambda w: (w.head.unlink(), w.head.mkdir())),
    ("unreadable", "next month a pipe", lambda w: os.mkfifo(w.ledger / "ledger-2026-04.jsonl")),
    ("unreadable", "next month a folder", lambda w: (w.ledger / "ledger-2026-04.jsonl").mkdir()),
    ("revoked", "revoked next year", lambda w: later(w, "revoke", {"decision_class": FREE}, 300)),
    ("no_head", "head gone", lambda w: w.head.unlink()),
    ("no_head", "head empty", lambda w: w.head.write_bytes(b"")),
    ("no_anchor", "anchor gone", lambda w: w.anchor.unlink()),
    ("no_anchor", "anchor empty", lambda w: w.anchor.write_bytes(b"")),
    ("unreadable", "head torn", lambda w: w.head.write_bytes(b'{"hash":"')),
    ("unreadable", "anchor torn", lambda w: rewritten(w.anchor, lambda c: c + b'{"hash"')),
    ("unreadable", "head without hash", lambda w: w.head.write_bytes(b'{"size":7}')),
    (
        "ledger_behind",
        "head of another ledger",
        lambda w: w.head.write_bytes(encode({"size": 7, "hash": "a" * 64})),
    ),
    ("ledger_behind", "revocation cut off", cut_revocation),
    ("ledger_behind", "cut off, head forged", lambda w: cut_revocation(w, w.head)),
    ("ledger_behind", "cut off, anchor forged", lambda w: cut_revocation(w, w.anchor)),
    ("ledger_behind", "all of an earlier moment", replayed),
    ("ledger_behind", "written anew", written_anew),
    ("revoked", "before the last run", lambda w: revoked_before_the_run(w, FREE)),
    ("revoked", "all, before the last run", lambda w: revoked_before_the_run(w, None)),
    ("revoked", "lifted since the run", lifted),
    (
        "revoked",
        "a lift that lifts nothing by its word alone",
        lambda w: later(w, "revoke", {"decision_class": FREE, "is_lifted": "true"}),
    ),
    (
        "unreadable",
        "run without its revocations",
        lambda w: resealed_run(w, lambda b: b.pop("revoked")),
    ),
    (
        "unreadable",
        "run without an end",
        lambda w: resealed_run(w, lambda b: b.pop("valid_until")),
    ),
    (
        "expired",
        "run expired, grants not",
        lambda w: resealed_run(w, lambda b: b.update(valid_until="2026-03-30T06:30:00Z")),
    ),
    ("unreadable", "no grants at all", lambda w: resealed_grants(w, lambda g: g.pop("grants"))),
    (
        "unreadable",
        "grant without a limit's place",
        lambda w: resealed_grants(w, lambda g: g["grants"][0].pop("amount_limit")),
    ),
    (
        "unreadable",
        "grant without an end",
        lambda w: resealed_grants(w, lambda g: g["grants"][0].pop("valid_until")),
    ),
    ("unreadable", "ledger is a pipe", lambda w: os.mkfifo(w.ledger / "ledger-2026-04.jsonl")),
    ("unreadable", "ledger is a link to itself", link_month_to_itself),
]


@pytest.mark.parametrize(("reason", "what", "damage"), DAMAGES)
@pytest.mark.parametrize("warm", [False, True])
def test_a_damaged_proof_is_denied(
    world: World, reason: str, what: str, damage: Callable[[World], Any], warm: bool
) -> None:
    if warm:
        make_warm(world)
        assert may_act_module._cache
    damage(world)
    answer = world.ask(amount=1)
    assert (answer.allowed, answer.reason) == (False, reason), what


def test_lines_after_the_run_that_revoke_nothing_do_not_matter(world: World) -> None:
    later(world, "anchor", {"size": 7})
    later(world, "revoke", {"decision_class": LIMITED})
    later(world, "note", {"text": ',"hash":"', "decision_class": FREE}, days=1)
    later(world, "note", {}, days=2)
    assert (world.ledger / "ledger-2026-04.jsonl").exists()
    now = RUN + timedelta(days=2)
    assert world.ask(now=now).allowed
    assert world.ask(LIMITED, amount=1, currency="EUR", now=now).reason == "revoked"


@pytest.mark.parametrize("limit", ["NaN", "Infinity", 1e999, True, [], "1_0", 500])
def test_no_amount_is_below_a_limit_that_is_no_number(world: World, limit: object) -> None:
    resealed_grants(world, lambda g: g["grants"][-1].update(amount_limit=limit))
    assert world.ask(LIMITED, amount=1, currency="EUR").reason == "unreadable"


def test_a_change_is_seen_although_size_and_mtime_stay(world: World) -> None:
    make_warm(world)
    rewritten(world.grants, lambda c: c.replace(b'"c1"', b'"c2"'))
    os.utime(world.grants, ns=(0, 0))
    assert world.ask(cohort="c2").reason == "not_in_ledger"


def test_a_fresh_file_is_not_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(may_act_module, "TICK_NS", 10**12)
    may_act_module._cache.clear()
    assert world.ask().allowed
    assert not may_act_module._cache


def test_every_line_the_ledger_writes_is_understood(world: World) -> None:
    hostile = '"},"hash":"' + "0" * 64 + '","kind":"run","prev":"\\ \u2028 \x00 é 𝄞'
    entry = Entry("note", hostile, {"hash": hostile, "kind": "run", "prev": hostile}, 1)
    append(world.ledger, [entry], actor=hostile, time=RUN)
    assert list(read(world.ledger))[-1].reason == hostile
    assert world.ask().allowed


def test_a_lift_brings_the_grant_back_with_the_next_run_and_not_before(world: World) -> None:
    lifted(world)
    assert world.ask().reason == "revoked"
    world.run(RUN + timedelta(minutes=1))
    assert world.ask().allowed


def test_a_lift_lifts_its_own_class_alone(world: World) -> None:
    for name in (FREE, None):
        revoke(world.ledger, name, reason="bad", actor="ada", time=RUN, watch=world.watch)
    lift(world.ledger, FREE, reason="good", actor="ada", time=RUN, watch=world.watch)
    world.run(RUN + timedelta(minutes=1))
    assert [each.decision_class for each in standing(world.ledger)] == [None]
    assert world.ask().reason == "revoked"


def test_without_an_anchor_the_head_alone_sees_a_cut_off_end(world: World) -> None:
    head = world.head.read_bytes()
    cut_revocation(world)
    assert world.ask(anchor=None).reason == "ledger_behind"
    world.head.write_bytes(head)
    assert world.ask(anchor=None).allowed  # a forged head: only an anchor elsewhere can tell
    assert world.ask().reason == "ledger_behind"


def dated_ahead(world: World) -> None:
    entry = Entry("note", "a wrong clock", {})
    append(world.ledger, [entry], actor="ada", time=NOW + timedelta(days=3650))


@pytest.mark.parametrize("ahead", [timedelta(microseconds=1), timedelta(days=3650)])
def test_a_line_dated_ahead_denies_until_its_time(world: World, ahead: timedelta) -> None:
    append(world.ledger, [Entry("note", "clock", {})], actor="ada", time=NOW + ahead)
    assert world.ask().reason == "ledger_ahead"
    late = world.ask(now=NOW + ahead)
    assert late.reason == ("expired" if ahead > timedelta(days=1) else "granted")


def test_a_line_dated_ahead_delays_no_revocation(world: World) -> None:
    append(world.ledger, [Entry("note", "x", {})], actor="ada", time=NOW + timedelta(hours=1))
    line = revoke(world.ledger, FREE, reason="bad", actor="ada", time=NOW, watch=world.watch)
    assert line.body["clock"] == "2026-03-30T07:00:00.000000Z"
    assert world.ask(now=NOW + timedelta(hours=1)).reason == "revoked"
    with pytest.raises(LedgerError, match="set the clock"):
        lift(world.ledger, FREE, reason="good", actor="ada", time=NOW, watch=world.watch)
    assert (
        "clock"
        not in revoke(
            world.ledger,
            FREE,
            reason="bad",
            actor="a",
            time=NOW + timedelta(days=1),
            watch=world.watch,
        ).body
    )


def test_a_ledger_with_a_line_dated_ahead_can_be_set_right(world: World) -> None:
    """The steps of the manual."""
    dated_ahead(world)
    assert [each.code for each in verify(world.ledger, world.anchor, now=NOW)] == ["time_ahead"]
    with pytest.raises(LedgerError, match="set the clock"):
        world.run(NOW)
    (world.ledger / "ledger-2036-03.jsonl").unlink()
    world.publish.rename(world.publish.with_name("old"))
    world.publish.mkdir()
    moved = World(world.publish, world.ledger, world.anchor.with_name("new.jsonl"))
    revoke(moved.ledger, LIMITED, reason="again", actor="ada", time=NOW, watch=moved.watch)
    moved.run(NOW)
    assert moved.ask().allowed
    assert moved.ask(LIMITED, amount=1, currency="EUR").reason == "revoked"
    assert verify(moved.ledger, moved.anchor, now=NOW) == []
    assert "anchor" in [line.kind for line in read(moved.ledger)]
