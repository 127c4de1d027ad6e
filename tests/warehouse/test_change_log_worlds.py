"""300 random worlds, each a decision class of its own, landed in six batches.

Day-by-day builds and one full rebuild must give the same facts at every cutoff, and both must agree
with a naive recount of the raw records that had landed by then.
"""

import gzip
import json
import os
from collections import Counter, defaultdict
from contextlib import closing
from datetime import timedelta

import pytest
from company import make_company, parse_in_process, read_seed, run_dbt_in_process, write_seed
from world_records import BATCHES, START, WORLDS, world_records
from world_recount import LABEL_DELAY_DAYS, MEASURES, naive, naive_shown

from dagster_project import warehouse
from dagster_project.contracts.sources import load_sources
from dagster_project.landing.land import land
from dagster_project.landing.manifest import Books
from dagster_project.settings import Project
from dagster_project.transform.bridge import manifest_path
from dagster_project.transform.rebuild import rebuild_in_parts

pytestmark = pytest.mark.xdist_group("worlds")
FACTS = (
    "fct_decisions_daily",
    "fct_latency_daily",
    "fct_samples_weekly",
    "fct_confidence_daily",
    "fct_review_pairs_daily",
    "fct_amounts_weekly",
    "fct_reversals_daily",
    "fct_actions_daily",
    "fct_reviews_daily",
    "fct_reviews_hourly",
    "fct_unreadable",
    "fct_cohorts",
    "fct_files_settled",
    "fct_sources_served",
)
CHANGE_LOG = [
    f"intermediate.{name}"
    for name in ("int_decisions__changes", "int_records__arrivals", "int_records__landed")
]


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory):
    """Incremental facts, rebuilt facts, facts rebuilt in parts, and the raw records by batch."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("worlds")
        project = make_company(folder, patch)
        register_worlds(project)
        parse_in_process(project)
        records = [world_records(world) for world in range(WORLDS)]
        names = []
        for batch in range(BATCHES):
            drop(project, batch, [rows for world in records for rows in world[batch]])
            report = land(
                project,
                load_sources(manifest_path(project)),
                now=START + timedelta(days=40 + batch),
            )
            assert report.totals["quarantined_count"] == report.totals["waiting_files"] == 0
            names.append(report.batch)
            # the registry is the same in every batch
            verb = "run" if batch else "build"
            assert run_dbt_in_process(project, [verb, "-s", "+config.schema:facts"]).success
        incremental = facts_of(project)
        project.warehouse.unlink()
        assert run_dbt_in_process(project, ["build", "-s", "+config.schema:facts"]).success
        rebuilt = facts_of(project)
        yield incremental, rebuilt, made_in_parts(project), names, records


def made_in_parts(project: Project) -> dict[str, Counter]:
    """The facts made again as after a change of the heavy lane, in a first part and a rest."""
    with closing(warehouse.connect(project.warehouse)) as connection:
        for table in [f"facts.{fact}" for fact in FACTS] + CHANGE_LOG:
            connection.execute(f"UPDATE {table} SET build_id = 'an earlier one'")
        connection.execute("UPDATE intermediate.made_batches SET build_id = 'an earlier one'")
    rows: Counter[str] = Counter()
    for entry in Books(project.landing):
        rows[entry.landing_batch] += entry.landed_count
    ends: list[str] = []
    assert rebuild_in_parts(project, rows, ends.append, rows.total() * 3 // 5) == 1
    assert ends[0] in sorted(rows)[1 : BATCHES - 1]
    with closing(warehouse.connect(project.warehouse)) as connection:
        connection.execute("DROP TABLE facts.fct_samples_weekly")  # as somebody may by hand
    assert run_dbt_in_process(project, ["run", "-s", "+config.schema:facts"]).success
    with closing(warehouse.connect(project.warehouse, read_only=True)) as connection:
        made = connection.execute(
            "SELECT model, count(*), count(DISTINCT landing_batch), count(DISTINCT build_id)"
            " FROM intermediate.made_batches GROUP BY model"
        ).fetchall()
    # were the earlier build's word still there, its rows would be thought to be as well
    assert len(made) >= len(FACTS) + len(CHANGE_LOG)
    assert {tuple(counts) for _, *counts in made} == {(BATCHES, BATCHES, 1)}
    return facts_of(project)


def register_worlds(project: Project) -> None:
    (template, *_) = read_seed(project, "decision_classes")
    classes = [
        template
        | {"decision_class": f"procurement.w{n}", "alpha_weight": "0.001"}
        | {"label_delay_days": str(LABEL_DELAY_DAYS)}
        for n in range(WORLDS)
    ]
    write_seed(project, "decision_classes", classes)
    (rule, *_) = read_seed(project, "class_mapping")
    write_seed(
        project,
        "class_mapping",
        [
            rule
            | {
                "mapping_id": f"m{n}",
                "source": "procurement",
                "workflow": "procurement",
                "match_field": "action",
                "match_value": f"world_{n}",
                "amount_min": "",
                "amount_max": "",
                "decision_class": f"procurement.w{n}",
                "valid_from": "2025-01-01",
            }
            for n in range(WORLDS)
        ],
    )
    write_seed(
        project,
        "audit_rates",
        [
            {
                "decision_class": f"procurement.w{n}",
                "inclusion_probability": "0.5",
                "valid_from": "2025-01-01",
            }
            for n in range(WORLDS)
        ],
    )
    write_seed(
        project,
        "amount_limits",
        [
            {"decision_class": f"procurement.w{n}", "amount_limit": limit}
            for n in range(WORLDS)
            for limit in (10, 50)
        ],
    )
    for seed in ("thresholds", "kpi_registry", "sign_offs"):
        write_seed(project, seed, [])


def drop(project: Project, batch: int, records: list[tuple[str, dict]]) -> None:
    folder = project.root / "data" / "procurement"
    folder.mkdir(parents=True, exist_ok=True)
    by_stream: dict[str, list[dict]] = defaultdict(list)
    for stream, record in records:
        by_stream[stream].append(record)
    still_since = (START + timedelta(days=39)).timestamp()
    for stream, rows in by_stream.items():
        path = folder / f"{stream}-{batch}.jsonl.gz"
        path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
        os.utime(path, (still_since, still_since))


def facts_of(project: Project) -> dict[str, Counter]:
    connection = warehouse.connect(project.warehouse, read_only=True)
    try:
        return {
            fact: Counter(connection.execute(f"SELECT * FROM facts.{fact}").fetchall())
            for fact in FACTS
        }
    finally:
        connection.close()


def test_day_by_day_and_rebuild_give_the_same_facts_at_every_cutoff(worlds) -> None:
    incremental, rebuilt, in_parts, _, _ = worlds
    for fact in FACTS:
        assert sum(rebuilt[fact].values()) >= BATCHES, fact
        # every row carries its batch, so equal rows are equal facts at every cutoff
        assert incremental[fact] == rebuilt[fact], fact
        assert in_parts[fact] == rebuilt[fact], fact


def test_facts_agree_with_a_naive_recount_at_every_cutoff(worlds) -> None:
    incremental, _, _, names, records = worlds
    facts = samples_by_world(incremental["fct_samples_weekly"])
    compared, seen = 0, [0] * MEASURES
    for cutoff in range(BATCHES):
        for world, batches in enumerate(records):
            visible = [row for batch in batches[: cutoff + 1] for row in batch]
            found = [0] * MEASURES
            for name in names[: cutoff + 1]:
                for index, value in enumerate(facts.get((world, name), ())):
                    found[index] += value
            assert found == naive(visible), (world, cutoff)
            compared += 1
            seen = [total + value for total, value in zip(seen, found, strict=True)]
    assert compared == WORLDS * BATCHES
    assert min(seen) >= 100


def test_what_is_shown_agrees_with_a_naive_recount_at_every_cutoff(worlds) -> None:
    incremental, _, _, names, records = worlds
    facts = [(row[1], row[3], pair_counts(row)) for row in incremental["fct_review_pairs_daily"]]
    facts += [
        (row[1], row[9], confidence_counts(row))
        for row in incremental["fct_confidence_daily"]
        if row[2] == "all"
    ]
    by_batch: dict[tuple[str, str], Counter] = defaultdict(Counter)
    for world, batch, counts in facts:
        for name, value in counts.items():
            by_batch[world, batch][name] += value
    seen: Counter[str] = Counter()
    for world, batches in enumerate(records):
        found: Counter[str] = Counter()
        for cutoff in range(BATCHES):
            for name, value in by_batch[f"procurement.w{world}", names[cutoff]].items():
                found[name] += value
            wanted = naive_shown([row for batch in batches[: cutoff + 1] for row in batch])
            assert {name: n for name, n in found.items() if n} == wanted, (world, cutoff)
        seen.update(dict.fromkeys(wanted, 1))
    # each of it occurs: two words that agree or differ, and every kind of confidence
    assert min(seen[name] for name in ("right", "differ", "wrong")) >= 5
    assert min(seen[kind] for kind in ("self_reported", "calibrated", "(unknown)")) >= 50


def test_landed_records_settle_as_a_naive_recount_does(worlds) -> None:
    incremental, _, _, names, records = worlds
    columns = ("source", "table", "file", "batch", "build", "counted", "duplicate", "conflict")
    rows = [dict(zip(columns, row, strict=False)) for row in incremental["fct_files_settled"]]
    for cutoff in range(BATCHES):
        visible = [row for world in records for batch in world[: cutoff + 1] for row in batch]
        for table, key in (("decisions", "decision_id"), ("reviews", "review_id")):
            landed = [record for stream, record in visible if stream == table]
            payloads = defaultdict(set)
            for record in landed:
                payloads[record[key]].add(json.dumps(record))
            counted = sum(len(versions) == 1 for versions in payloads.values())
            conflict = sum(len(versions) for versions in payloads.values()) - counted
            found = [row for row in rows if row["table"] == table and row["batch"] <= names[cutoff]]
            assert [sum(row[name] for row in found) for name in columns[5:]] == [
                counted,
                len(landed) - counted - conflict,
                conflict,
            ]


def samples_by_world(rows: Counter) -> dict[tuple[int, str], list[int]]:
    """(world, batch) → what ``naive`` counts, of `all`."""
    sums: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0] * MEASURES)
    for row, count in rows.items():
        assert count == 1
        _, name, segment = row[:3]
        if segment == "all":
            total = sums[int(name.removeprefix("procurement.w")), row[10]]
            for index, value in enumerate(row[12 : 12 + MEASURES]):
                total[index] += value
    return sums


def pair_counts(row: tuple) -> dict[str, int]:
    """Which reviewer is the first depends on the key of the pseudonyms."""
    right, first, second, wrong = row[5:9]
    return {"right": right, "differ": first + second, "wrong": wrong}


def confidence_counts(row: tuple) -> dict[str, int]:
    """By kind: confidence of the labelled decisions in hundredths, and of the wrong ones."""
    kind, confidence, wrong = row[6], row[15], row[16]
    return {kind: int(confidence * 100), f"{kind} wrong": int(wrong * 100)}
