"""Persons land as keyed pseudonyms; the key is made once, kept closed, and missed when gone."""

import hashlib
import hmac
import json
import stat
from dataclasses import replace

import pyarrow.parquet as pq
import pytest
from landing_world import LINES, Desk

from dagster_project.contracts.sources import Column
from dagster_project.landing.pseudonyms import PseudonymKeyError, Pseudonyms, UnprotectedError
from dagster_project.settings import load_project

PERSONS = replace(
    LINES,
    columns=(
        *LINES.columns,
        Column("subject_id", "varchar", pseudonym=True),
        Column("clerk", "bigint", pseudonym=True),
    ),
)
KEY = "5e" * 32


def record(number: int, **values: object) -> bytes:
    row = {"id": str(number), "at": "2026-01-02T03:04:05Z", "n": number} | values
    return json.dumps(row).encode() + b"\n"


@pytest.fixture
def people(desk: Desk) -> Desk:
    desk.source = PERSONS
    return desk


def pseudonym(text: str, key: str = KEY) -> str:
    return "psn_" + hmac.new(bytes.fromhex(key), text.encode(), hashlib.sha256).hexdigest()


def key_of(desk: Desk) -> str:
    return desk.project.pseudonym_key.file.read_text().strip()


def test_the_same_person_has_the_same_hmac_in_every_column_file_and_type(people: Desk):
    people.drop("a.jsonl", record(1, subject_id="4711", clerk=4711) + record(2, subject_id="Zoë"))
    people.drop("b.jsonl", record(3, subject_id="4711"))
    people.land()
    key = key_of(people)
    rows = {row["id"]: row for row in people.rows()}
    assert rows["1"]["subject_id"] == rows["1"]["clerk"] == rows["3"]["subject_id"]
    assert rows["1"]["subject_id"] == pseudonym("4711", key)
    assert rows["2"]["subject_id"] == pseudonym("Zoë", key)
    assert rows["2"]["clerk"] is None
    (entry, _) = people.entries()
    assert entry["pseudonym_key"] == Pseudonyms(bytes.fromhex(key)).key_id


def test_nobody_stays_nobody(people: Desk):
    names = [None, "", "(unknown)", "(unknown): Ann"]
    people.drop("a.jsonl", b"".join(record(n, subject_id=name) for n, name in enumerate(names)))
    people.land()
    key = key_of(people)
    found = [row["subject_id"] for row in people.rows()]
    assert found == [None, "", "(unknown)", f"(unknown):{pseudonym('(unknown): Ann', key)}"]


def test_what_is_hashed_is_what_is_stored(people: Desk):
    """A hash over the name would let everybody guess it."""
    people.drop("a.jsonl", record(1, subject_id="Ann"))
    people.land()
    (row,) = people.rows()
    text = f"1\x1f1767323045000000\x1f1\x1f{row['subject_id']}\x1f\0"
    assert row["_payload_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    people.drop("b.jsonl", record(1, subject_id="Ann") + record(2))
    people.land()
    again = [r["_payload_sha256"] for r in people.rows() if r["id"] == "1"]
    assert again == [row["_payload_sha256"]] * 2


@pytest.mark.parametrize("count", [3, 500])
def test_many_lines_of_one_shape_are_protected_like_few(people: Desk, count: int):
    """However the rows of a file are read: no name, and one payload hash for one row."""
    names = [f"person-{n % 7}" for n in range(count)]
    lines = [record(n, subject_id=name, clerk=n % 3) for n, name in enumerate(names)]
    people.drop("all.jsonl", b"".join(lines))
    people.drop("one.jsonl", lines[2])
    people.land()
    made = Pseudonyms(bytes.fromhex(key_of(people)))
    rows = people.rows()
    assert len(rows) == count + 1
    for row in rows:
        assert row["subject_id"] == made.of(names[row["n"]])
        assert row["clerk"] == made.of(str(row["n"] % 3))
    assert len({row["_payload_sha256"] for row in rows if row["n"] == 2}) == 1
    assert len({row["_payload_sha256"] for row in rows}) == count


def test_a_way_of_landing_that_forgot_the_pseudonyms_writes_nothing(people: Desk, monkeypatch):
    monkeypatch.setattr(Pseudonyms, "protect", lambda self, batch, source: batch)
    people.source = replace(PERSONS, columns=PERSONS.columns[:-1])
    people.drop("a.jsonl", record(1, subject_id="Ann"))
    with pytest.raises(UnprotectedError, match="subject_id"):
        people.land()
    assert people.landed_places() == []
    assert people.entries() == []


def test_the_key_is_made_once_closed_to_others_and_not_without_need(desk: Desk):
    desk.drop("a.jsonl", record(1, subject_id="Ann"))
    desk.land()
    assert not desk.project.pseudonym_key.file.exists()
    desk.source = PERSONS
    desk.drop("b.jsonl", record(2, subject_id="Ann"))
    desk.land()
    key = key_of(desk)
    assert stat.S_IMODE(desk.project.pseudonym_key.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(desk.project.pseudonym_key.file.parent.stat().st_mode) == 0o700
    assert [path.name for path in desk.project.pseudonym_key.file.parent.iterdir()] == [
        "pseudonym.key"
    ]
    desk.drop("c.jsonl", record(3, subject_id="Ann"))
    desk.land()
    assert key_of(desk) == key


def test_a_lost_changed_or_broken_key_stops_landing(people: Desk):
    people.drop("a.jsonl", record(1, subject_id="Ann"))
    people.land()
    file, key = people.project.pseudonym_key.file, key_of(people)
    people.drop("b.jsonl", record(2, subject_id="Ann"))
    for content, problem in ((None, "holds no key"), (KEY, "restore that key"), ("x", "is no key")):
        file.unlink(missing_ok=True)
        if content:
            file.write_text(content)
        with pytest.raises(PseudonymKeyError, match=problem) as caught:
            people.land()
        assert key not in str(caught.value)
        assert KEY not in str(caught.value)
        assert len(people.rows()) == 1
    file.write_text(key + "\n")
    people.land()
    assert len({row["subject_id"] for row in people.rows()}) == 1


def test_the_key_may_come_from_a_variable_that_the_settings_name(people: Desk, monkeypatch):
    config = people.project.root / "penstock.toml"
    config.write_text(config.read_text() + '[privacy]\nkey_variable = "OUR_KEY"\n')
    people.project = load_project(people.project.root)
    people.drop("a.jsonl", record(1, subject_id="Ann"))
    with pytest.raises(PseudonymKeyError, match=r"\$OUR_KEY holds no key"):
        people.land()
    monkeypatch.setenv("OUR_KEY", KEY)
    people.land()
    assert [row["subject_id"] for row in people.rows()] == [pseudonym("Ann")]
    assert not people.project.pseudonym_key.file.exists()
    found = [p for p in people.project.home.rglob("*") if p.is_file()]
    assert not [path for path in found if KEY.encode() in path.read_bytes()]


def test_reviewers_are_registered_under_the_pseudonyms_that_reviews_carry(people: Desk):
    seeds = people.project.root / "seeds" / "registry"
    seeds.mkdir(parents=True)
    people.drop("a.jsonl", record(1, subject_id="rev-heron"))
    people.land()
    (row,) = people.rows()
    other = pseudonym("somebody")
    lines = ["rev-heron,desk", f"{other},night", "rev-otter,desk", f"{row['subject_id']},desk"]
    seeds.joinpath("reviewers.csv").write_text("\n".join(["reviewer_id,review_pool", *lines]))
    people.land()
    written = people.project.landing / "_registry" / "reviewers.json"
    found = {r["reviewer_id"]: r["review_pool"] for r in map(json.loads, written.open())}
    assert len(found) == 3
    assert (found[row["subject_id"]], found[other]) == ("desk", "night")
    assert b"heron" not in written.read_bytes()
    seeds.joinpath("reviewers.csv").write_text(
        f"reviewer_id,review_pool\nrev-heron,desk\n{row['subject_id']},night\n"
    )
    people.land()
    assert written.read_bytes() == b""


def test_parquet_holds_text_where_a_person_was_a_number(people: Desk):
    people.drop("a.jsonl", record(1, clerk=7))
    people.land()
    (path,) = people.project.landing.glob("desk__events/*.parquet")
    assert str(pq.read_schema(path).field("clerk").type) == "string"
