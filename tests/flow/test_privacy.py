"""Personal data that producers send is in no file of the state folder; an erasure changes no fact.

One small company whose logs are full of people: names, e-mails, telephone and card numbers and
addresses in prompts, answers, arguments, free text, keys, broken lines and ids.
"""

import gzip
import json
import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from company import make_company, parse_in_process, pseudonyms
from steps import WITHOUT_TESTS, evidence, give_verdicts, prepare

from dagster_project import warehouse
from dagster_project.automation.erasing import erase
from dagster_project.automation.recording import record_and_publish
from dagster_project.contracts.sources import Column, load_sources
from dagster_project.landing.land import land
from dagster_project.ledger.ledger import read
from dagster_project.settings import Project
from dagster_project.transform.bridge import manifest_path

pytestmark = pytest.mark.xdist_group("flow")

FIRST = datetime(2025, 6, 2, 9, tzinfo=UTC)
TICKETS = """
version: 2
sources:
  - name: helpdesk
    schema: landing
    tables:
      - name: tickets
        identifier: helpdesk__tickets
        config: {meta: {penstock: {format: json, location: "data/helpdesk/*.json",
          record_path: tickets, key: id, timestamp: opened_at}}}
        columns:
          - {name: id, data_type: varchar}
          - {name: opened_at, data_type: timestamptz}
          - {name: requester, data_type: varchar, config: {meta: {penstock: {pseudonym: true}}}}
          - {name: messages, data_type: "struct(role varchar, tokens bigint)[]"}
"""
SYLLABLES = ["kel", "dor", "vash", "quin", "tolm", "rune", "bex", "mira", "zan", "pholt"]


def person(chance: random.Random) -> dict[str, str]:
    """Made up, and long enough not to be met by chance."""

    def word() -> str:
        return "".join(chance.choices(SYLLABLES, k=3)).capitalize()

    def digits(count: int) -> str:
        return "".join(chance.choices("0123456789", k=count))

    name = f"{word()} {word()}"
    return {
        "name": name,
        "email": f"{name.replace(' ', '.').lower()}@{word().lower()}.example",
        "phone": f"+49 {digits(3)} {digits(8)}",
        "card": f"{digits(4)} {digits(4)} {digits(4)} {digits(4)}",
        "address": f"{word()}weg {digits(3)}, {digits(5)} {word()}stadt",
    }


PEOPLE = [person(random.Random(seed)) for seed in range(24)]
NEEDLES = {text for who in PEOPLE for text in who.values()}


def talk(who: dict[str, str]) -> str:
    return f"I am {who['name']}, {who['address']}; call {who['phone']}, charge {who['card']}, é✓"


def decision(number: int) -> dict[str, Any]:
    who = PEOPLE[number % len(PEOPLE)]
    return {
        "decision_id": f"dec-{number}",
        "occurred_at": (FIRST + timedelta(hours=6 * number)).isoformat(),
        "workflow": "procurement",
        "subject_id": who["email"],
        "region": "EU",
        "action": "classify_vendor_request",
        "route": "delegated",
        "amount": 10 + number,
        "currency": "EUR",
        "latency_ms": 900,
        "status": "ok",
        "prompt": talk(who),
        "completion": f"Dear {who['name']}, we wrote to {who['email']}.",
        "arguments": {"to": who["email"], "card": who["card"], who["email"]: {"x": who["phone"]}},
        who["email"]: True,
        who["phone"]: 1,
        who["name"]: None,
    }


def review(number: int) -> dict[str, Any]:
    who = PEOPLE[number % 3]
    return {
        "review_id": f"rev-{number}",
        "decision_id": f"dec-{number}",
        "reviewer_id": "rev-heron" if number % 2 else who["name"],
        "reviewed_at": (FIRST + timedelta(hours=6 * number + 20)).isoformat(),
        "verdict": "overturn" if number % 5 == 0 else "agree",
        "is_blind": True,
        "handling_seconds": 30,
        "is_seeded_error": False,
        "comment": talk(who),
    }


def sample(number: int) -> dict[str, Any]:
    moment = (FIRST + timedelta(hours=6 * number + 1)).isoformat()
    return {
        "decision_id": f"dec-{number}",
        "selected_at": moment,
        "inclusion_probability": 1,
        "drawn_by": PEOPLE[4]["name"],
    }


def ticket(who: dict[str, str]) -> dict[str, Any]:
    messages = [{"role": "user", "tokens": 9, "content": talk(who), "meta": {who["card"]: 1}}]
    return {
        "id": f"t-{PEOPLE.index(who)}",
        "opened_at": FIRST.isoformat(),
        "requester": who["name"],
        "messages": messages,
        "contact": who,
    }


def drop_everything(root: Path) -> None:
    data = root / "data" / "procurement"
    data.mkdir(parents=True)
    numbers = range(120)
    streams = {
        "decisions": [*map(decision, numbers), decision(3) | {"amount": 99}],
        "reviews": [review(n) for n in numbers if n % 2 or n % 3],
        "audit_sample": list(map(sample, numbers)),
    }
    for stream, rows in streams.items():
        good = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        cut = f'{{"decision_id": "dec-x", "prompt": "{talk(PEOPLE[7])}\n'
        wrong = json.dumps(rows[0] | {"occurred_at": PEOPLE[8]["phone"], "reviewed_at": "x"}) + "\n"
        (data / f"{stream}.jsonl.gz").write_bytes(gzip.compress((good + cut + wrong).encode()))
    (root / "data" / "helpdesk").mkdir()
    document = {"exported_by": PEOPLE[5], "tickets": [*map(ticket, PEOPLE), talk(PEOPLE[6])]}
    (root / "data" / "helpdesk" / "tickets.json").write_text(json.dumps(document))


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Landed, judged, recorded and published."""
    with pytest.MonkeyPatch.context() as patch:
        project = make_company(tmp_path_factory.mktemp("private"), patch, as_of="2025-08-03")
        patch.setenv("DBT_LOG_LEVEL_FILE", "debug")
        folder = project.root / "models" / "staging" / "helpdesk"
        folder.mkdir()
        (folder / "_helpdesk__sources.yml").write_text(TICKETS)
        drop_everything(project.root)
        parse_in_process(project)
        land(project, load_sources(manifest_path(project)))
        prepare(project)
        evidence(project)
        give_verdicts(project, *WITHOUT_TESTS)
        record_and_publish(project, actor="test")
        yield project


def texts(home: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file as it is, unpacked, and as what a reader of its format sees."""
    for path in sorted(home.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        raw = path.read_bytes()
        yield path, raw
        if path.suffix == ".gz":
            yield path, gzip.decompress(raw)
        if path.suffix in (".parquet", ".orphan"):
            yield path, repr(duckdb.read_parquet(str(path)).fetchall()).encode()
        if path.suffix == ".duckdb":
            with closing(duckdb.connect(str(path), read_only=True)) as connection:
                for (name,) in connection.execute(
                    "SELECT format('{}.{}', table_schema, table_name) "
                    "FROM information_schema.tables"
                ).fetchall():
                    rows = connection.execute(f"SELECT * FROM {name}").fetchall()
                    yield path, repr(rows).encode()


def hits(home: Path, needles: set[str]) -> set[tuple[str, str]]:
    """(needle, file): as UTF-8, and as JSON and Python write it."""
    wanted = {
        (needle, form)
        for needle in needles
        for form in (needle.encode(), json.dumps(needle)[1:-1].encode())
    }
    return {
        (needle, str(path.relative_to(home)))
        for path, text in texts(home)
        for needle, form in wanted
        if form in text
    }


def test_no_personal_data_is_in_any_file_of_the_state_folder(company: Project) -> None:
    kinds = {path.suffix for path, _ in texts(company.home)}
    assert kinds >= {".parquet", ".json", ".jsonl", ".gz", ".duckdb", ".log", ".key"}
    with closing(warehouse.connect(company.warehouse, read_only=True)) as connection:
        (subjects,) = connection.execute(
            # the decision that came in two versions is nobody's
            "SELECT count(DISTINCT subject_key) FROM facts.fct_samples_weekly"
            " WHERE subject_key <> '(unknown):dec-3'"
        ).fetchone()
        (pools,) = connection.execute(
            "SELECT list_sort(list(DISTINCT review_pool)) FROM facts.fct_reviews_daily"
        ).fetchone()
    assert subjects == len(PEOPLE)
    assert pools == ["(unknown)", "procurement-operations"]
    assert hits(company.home, NEEDLES) == set()


def test_the_ledger_keeps_no_pseudonym(company: Project) -> None:
    found = pseudonyms(company)
    names = {found.of(who[kind]) for who in PEOPLE for kind in ("email", "name")}
    places = {path.split("/")[0] for _, path in hits(company.home, names)}
    assert "landing" in places
    assert places.isdisjoint({"ledger", "publish"})


def test_a_prompt_that_is_declared_lands_and_is_found(company: Project, tmp_path: Path) -> None:
    """What the test above is worth: the same search sees a column that somebody let in."""
    open_door = [
        replace(source, columns=(*source.columns, Column("prompt", "varchar")))
        if source.table == "decisions"
        else source
        for source in load_sources(manifest_path(company))
    ]
    other = replace(company, home=tmp_path / "home", ledger=tmp_path / "ledger")
    land(other, open_door)
    found = hits(other.home, NEEDLES)
    assert {needle for needle, _ in found} == {
        who[kind] for who in PEOPLE for kind in ("name", "address", "phone", "card")
    }


def facts_of(project: Project) -> dict[str, list[Any]]:
    """Every fact, with clusters and build by number instead of name, in order."""
    with closing(warehouse.connect(project.warehouse, read_only=True)) as connection:
        names = [
            name
            for (name,) in connection.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'facts'"
            ).fetchall()
        ]
        found = {}
        for name in sorted(names):
            rows = connection.execute(f"SELECT * FROM facts.{name}").fetchall()
            columns = [column[0] for column in connection.description]
            found[name] = _clustered(columns, rows) if "subject_key" in columns else rows
            found[name] = sorted(found[name], key=repr)
    return found


def _clustered(columns: list[str], rows: list[Any]) -> list[Any]:
    """A cluster is the set of its other cells, not its name."""
    place = columns.index("subject_key")
    clusters: dict[str, list[Any]] = {}
    for row in rows:
        clusters.setdefault(row[place], []).append(row[:place] + row[place + 1 :])
    return [sorted(cluster, key=repr) for cluster in clusters.values()]


def test_a_rebuild_after_an_erasure_gives_the_same_facts(company: Project) -> None:
    sources = load_sources(manifest_path(company))
    before = facts_of(company)
    assert before["fct_samples_weekly"]
    who = PEOPLE[3]
    name = pseudonyms(company).of(who["email"])
    decisions = {f"dec-{number}" for number in range(120) if PEOPLE[number % len(PEOPLE)] is who}
    assert hits(company.home, {name})
    erased = erase(company, sources, actor="test", subject=who["email"])
    assert erased.done.decision_count == len(decisions) == 5
    assert [line.kind for line in read(company.ledger)][-1] == "disposal"
    prepare(company)
    assert facts_of(company) == before
    assert hits(company.home, {name, *(f"'{each}'" for each in decisions)}) == set()
