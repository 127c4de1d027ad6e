"""The one CASE that turns evidence into a verdict, over every combination of its inputs."""

import itertools
import re
from pathlib import Path

import duckdb
import pytest

MACROS = Path(__file__).resolve().parents[2] / "dbt" / "macros" / "verdict"
DOMAIN = {
    "is_applicable": ["true", "false", "null"],
    "threshold": ["null", "0.5"],
    "threshold_count": ["null", "1", "2"],
    "build_count": ["null", "0", "1"],
    "evidence_count": ["null", "1", "2"],
    "other_cohort_count": ["0", "1"],
    "status": ["null", "'ok'", "'insufficient'", "'stale'", "'error'", "'passed'"],
    "comparison": ["null", "'at_most'", "'at_least'"],
    "threshold_used": ["null", "0.5", "0.4"],
    "bound": ["null", "0.4", "0.5", "0.6"],
    "refuting_bound": ["null", "0.4", "0.6"],
    "n": ["null", "0", "10"],
    "evidence_newest_date": ["null", "date '2025-01-01'", "date '2025-03-01'", "date '2025-04-01'"],
    "window_start": ["null", "date '2025-02-01'"],
    "loosened_from": ["null", "date '2025-02-15'"],
    "max_age_days": ["null", "28"],
}
WORDS = "enum('error', 'fail', 'stale', 'insufficient', 'pass', 'not_applicable')"
FIXED = {"as_of": "date '2025-03-10'"}
GOOD = {
    "is_applicable": "true",
    "threshold": "0.5",
    "threshold_count": "1",
    "build_count": "1",
    "evidence_count": "1",
    "status": "'ok'",
    "threshold_used": "0.5",
    "n": "10",
    "evidence_newest_date": "date '2025-03-01'",
    "max_age_days": "28",
}


def case(name: str) -> str:
    text = (MACROS / "criterion_verdict.sql").read_text(encoding="utf-8")
    (body,) = re.findall(rf"{{% macro {name}\(.*?\) %}}(.*?){{% endmacro %}}", text, re.DOTALL)
    return body


pytestmark = pytest.mark.xdist_group("verdicts")


@pytest.fixture(scope="module")
def verdicts() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    tables = [
        f"(select unnest([{', '.join(values)}]) as {name})" for name, values in DOMAIN.items()
    ]
    fixed = ", ".join(f"{value} as {name}" for name, value in FIXED.items())
    verdict = case("criterion_verdict")
    connection.execute(
        # one of these words or a conversion error; as text, 20 million rows take twice the memory
        f"create table verdicts as select *, cast({verdict} as {WORDS}) as verdict "
        f"from (select *, {fixed} from {' cross join '.join(tables)})"
    )
    return connection


def test_every_combination_has_a_verdict(verdicts: duckdb.DuckDBPyConnection) -> None:
    combinations = 1
    for values in DOMAIN.values():
        combinations *= len(values)
    counted = verdicts.execute("select count(*), count(verdict) from verdicts").fetchone()
    assert counted == (combinations, combinations)
    words = {row[0] for row in verdicts.execute("select distinct verdict from verdicts").fetchall()}
    assert words == {"error", "fail", "stale", "insufficient", "pass", "not_applicable"}


def test_a_pass_needs_every_single_proof(verdicts: duckdb.DuckDBPyConnection) -> None:
    proof = " and ".join(f"{name} is not distinct from {value}" for name, value in GOOD.items())
    proof += (
        " and ((comparison = 'at_most' and bound <= 0.5 and (refuting_bound is null or "
        "refuting_bound <= 0.5)) or (comparison = 'at_least' and bound >= 0.5 and "
        "(refuting_bound is null or refuting_bound >= 0.5)))"
        " and (loosened_from is null or coalesce(window_start, evidence_newest_date)"
        " >= loosened_from)"
    )
    wrong = verdicts.execute(
        f"select count(*) from verdicts where (verdict = 'pass') <> coalesce(({proof}), false)"
    ).fetchone()
    passed = verdicts.execute("select count(*) from verdicts where verdict = 'pass'").fetchone()
    assert wrong == (0,)
    assert passed is not None
    assert passed[0] > 10


def test_without_facts_a_criterion_is_insufficient_and_never_passes(
    verdicts: duckdb.DuckDBPyConnection,
) -> None:
    good = " and ".join(
        f"{name} = {value}" for name, value in GOOD.items() if name != "build_count"
    )
    found = verdicts.execute(
        f"select build_count, list(distinct verdict order by verdict) from verdicts where {good} "
        "and comparison = 'at_most' and bound = 0.4 and loosened_from is null "
        "and refuting_bound is null group by all order by all"
    ).fetchall()
    assert found == [(0, ["insufficient"]), (1, ["pass"]), (None, ["error"])]


def test_time_alone_never_improves(verdicts: duckdb.DuckDBPyConnection) -> None:
    """The same evidence, looked at when it is older: never a better word."""
    rank = case("verdict_rank").replace("{{ verdict }}", "{word}")
    keys = [name for name in DOMAIN if name not in ("evidence_newest_date",)]
    same = " and ".join(f"old.{key} is not distinct from new.{key}" for key in keys)
    worse = verdicts.execute(
        f"select count(*) from verdicts as old join verdicts as new on {same} "
        "where old.evidence_newest_date = date '2025-01-01' "
        "and new.evidence_newest_date = date '2025-03-01' "
        f"and ({rank.format(word='old.verdict')}) < ({rank.format(word='new.verdict')})"
        # only what is compared at all; not_applicable is no better word
        " and old.verdict <> 'not_applicable'"
    ).fetchone()
    assert worse == (0,)


def test_the_gate_is_the_worst_of_its_criteria() -> None:
    connection = duckdb.connect()
    words = ["pass", "insufficient", "stale", "fail", "error"]
    rank = case("verdict_rank").replace("{{ verdict }}", "word")
    back = case("verdict_of_rank").replace("{{ rank }}", "worst")
    for pair in itertools.product(words, repeat=2):
        (found,) = connection.execute(
            f"select {back} from (select max({rank}) as worst from "
            f"(select unnest(['{pair[0]}', '{pair[1]}']) as word))"
        ).fetchone()
        assert found == max(pair, key=words.index)
    assert connection.execute(f"select {rank} from (select 'odd' as word)").fetchone() == (5,)
    assert connection.execute(f"select {rank} from (select null as word)").fetchone() == (5,)


def test_old_evidence_is_stale_and_a_refutation_stays_a_fail(
    verdicts: duckdb.DuckDBPyConnection,
) -> None:
    good = " and ".join(
        f"{name} = {value}" for name, value in GOOD.items() if name != "evidence_newest_date"
    )
    found = verdicts.execute(
        f"select distinct refuting_bound, verdict from verdicts where {good} "
        "and evidence_newest_date = date '2025-01-01' and loosened_from is null "
        "and comparison = 'at_most' and bound = 0.4 order by 1"
    ).fetchall()
    assert [(str(bound), verdict) for bound, verdict in found] == [
        ("0.4", "stale"),
        ("0.6", "fail"),
        ("None", "stale"),
    ]
