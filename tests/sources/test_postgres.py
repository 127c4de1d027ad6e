"""Tables of a real PostgreSQL land like files: typed, counted, once, and never by its password."""

import traceback
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from landing_world import Desk
from postgres_server import Server, free_port

from dagster_project.contracts.source_query import Query
from dagster_project.landing.manifest import read_entries
from dagster_project.landing.query_postgres import fetch
from dagster_project.landing.reasons import UnaccountableError
from dagster_project.landing.verify import verify

pytestmark = pytest.mark.xdist_group("postgres")


def values(bank: Desk) -> list[tuple[str, Decimal]]:
    return sorted((row["metric"], row["value"]) for row in bank.rows())


def test_declared_columns_of_every_row_land_typed_and_counted(bank: Desk):
    report = bank.land_one()
    assert (report.status, report.file) == ("landed", "postgres:KPI_DATABASE:kpi.monthly")
    assert (report.unit_count, report.landed_count, report.quarantined_count) == (3, 3, 0)
    row = next(r for r in bank.rows() if r["value"] == Decimal("12.5"))
    assert row["period_start"] == date(2026, 1, 1)
    assert row["at"] == datetime(2026, 2, 1, 8, tzinfo=UTC)
    assert (row["n"], row["is_final"], row["extra"]) == (3, True, '{"a":1}')
    assert "clerk" not in row
    (entry,) = bank.entries()
    assert (entry["first_event_at"], entry["last_event_at"]) == ("2026-01-01", "2026-02-01")
    assert verify(bank.project) == []


def test_the_same_content_lands_once_in_whatever_order_and_a_changed_value_again(
    bank: Desk, server: Server
):
    assert bank.land_one().status == "landed"
    server.sql(
        "CREATE TABLE kpi.other AS SELECT * FROM kpi.monthly ORDER BY value",
        "DROP TABLE kpi.monthly",
        "ALTER TABLE kpi.other RENAME TO monthly",
    )
    assert bank.land_one().status == "known"
    server.sql("UPDATE kpi.monthly SET clerk = 'Carol'")
    assert bank.land_one().status == "known"
    server.sql("UPDATE kpi.monthly SET value = 13 WHERE value = 12.5")
    assert bank.land_one().status == "landed"
    hours = [row for row in bank.rows() if row["period_start"] == date(2026, 1, 1) and row["n"]]
    assert len({row["_payload_sha256"] for row in hours}) == len(hours) == 2
    same = [row["_payload_sha256"] for row in bank.rows() if row["metric"] == "spend"]
    assert len(same) == 2
    assert len(set(same)) == 1


def test_values_that_no_number_or_day_can_hold_are_quarantined(bank: Desk, server: Server):
    server.sql(
        "ALTER TABLE kpi.monthly ALTER value TYPE float8",
        "INSERT INTO kpi.monthly (metric, period_start, value, at) VALUES"
        " ('a', '2026-01-01', 'NaN', NULL), ('b', '2026-01-01', 'Infinity', NULL),"
        " ('c', 'infinity', 1, NULL), ('d', '0044-03-15 BC', 1, NULL),"
        " ('e', '2026-01-01', 1, 'infinity'), ('f', '2026-01-01', 1e25, NULL),"
        " (NULL, '2026-01-01', 1, NULL), ('g', NULL, 1, NULL)",
    )
    report = bank.land_one()
    assert (report.unit_count, report.landed_count, report.quarantined_count) == (11, 3, 8)
    assert report.quarantine_reasons == {
        "number_not_finite": 2,
        "invalid_timestamp": 1,
        "wrong_type": 2,
        "out_of_range": 1,
        "missing_key": 1,
        "missing_timestamp": 1,
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("ALTER value TYPE text USING '1.234,56'", "wrong_type"),
        ("ALTER value TYPE text USING '12'", "wrong_type"),
        ("ALTER n TYPE text USING '3'", "wrong_type"),
        ("ALTER at TYPE timestamp USING '2026-01-01'", "timestamp_without_zone"),
    ],
)
def test_types_of_the_database_are_not_coerced(bank: Desk, server: Server, change, reason):
    server.sql(f"ALTER TABLE kpi.monthly {change}")
    report = bank.land_one()
    assert report.quarantine_reasons == {reason: 3}
    assert report.landed_count == 0


def test_a_query_lands_like_a_table(bank: Desk):
    text = "select * from kpi.monthly where metric = 'hours' -- only these"
    bank.declare(query=Query("KPI_DATABASE", "", text))
    report = bank.land_one()
    assert (report.status, report.landed_count) == ("landed", 2)


def test_rows_and_count_are_of_one_snapshot_that_cannot_write(bank: Desk, server: Server):
    asked = "select * from kpi.monthly where current_setting('transaction_isolation') = {}"
    asked += " and current_setting('transaction_read_only') = 'on'"
    bank.declare(query=Query("KPI_DATABASE", "", asked.format("'repeatable read'")))
    assert bank.land_one().landed_count == 3
    server.sql(
        "CREATE OR REPLACE FUNCTION kpi.sneak() RETURNS SETOF kpi.monthly LANGUAGE plpgsql"
        " SECURITY DEFINER AS"
        " $$ BEGIN DELETE FROM kpi.monthly; RETURN QUERY SELECT * FROM kpi.monthly; END $$"
    )
    bank.declare(query=Query("KPI_DATABASE", "", "select * from kpi.sneak()"))
    report = bank.land_one()
    assert (report.reason, report.detail) == ("query_failed", "the query tried to write")


def test_a_statement_that_takes_too_long_is_stopped(bank: Desk):
    slow = "select m.* from kpi.monthly as m cross join pg_sleep(20)"
    bank.declare(query=Query("KPI_DATABASE", "", slow))
    with pytest.raises(UnaccountableError, match="took longer"):
        fetch(bank.source, seconds=1)


def test_while_the_database_is_away_the_source_is_unaccountable(
    bank: Desk, server: Server, monkeypatch: pytest.MonkeyPatch
):
    assert bank.land_one().status == "landed"
    away = server.dsn.replace(f":{server.port}/", f":{free_port()}/")
    monkeypatch.setenv("KPI_DATABASE", away)
    report = bank.land_one()
    assert (report.status, report.reason) == ("unaccountable", "unreachable")
    assert report.detail == "KPI_DATABASE: no connection"
    assert sorted(e["status"] for e in bank.entries()) == ["landed", "unaccountable"]
    assert len(bank.rows()) == 3
    monkeypatch.setenv("KPI_DATABASE", server.dsn)
    assert bank.land_one().status == "known"
    assert [e["status"] for e in bank.entries()] == ["landed"]


def test_what_was_known_while_the_database_was_away_is_not_forgotten(
    bank: Desk, server: Server, monkeypatch: pytest.MonkeyPatch
):
    """Else the run after it would look older than the recorded one, and be refused."""

    def newest() -> str:
        return max(entry.newest_batch for entry in read_entries(bank.project.landing))

    bank.land()
    monkeypatch.setenv("KPI_DATABASE", server.dsn.replace(f":{server.port}/", f":{free_port()}/"))
    away = bank.land().batch
    assert newest() == away
    monkeypatch.setenv("KPI_DATABASE", server.dsn)
    back = bank.land().batch
    assert newest() == back > away
    bank.land()
    assert newest() == back


@pytest.mark.parametrize(
    ("statement", "detail"),
    [
        ("DROP TABLE kpi.monthly CASCADE", "no such table or view"),
        ("ALTER TABLE kpi.monthly DROP unit", "a declared column is not there"),
        ("REVOKE SELECT ON kpi.monthly FROM kpi_reader", "permission denied"),
    ],
)
def test_what_the_database_refuses_is_said(bank: Desk, server: Server, statement, detail):
    server.sql(statement)
    report = bank.land_one()
    assert (report.status, report.reason) == ("unaccountable", "query_failed")
    assert report.detail == detail


def test_the_password_is_in_no_file_no_report_and_no_error(
    bank: Desk, server: Server, monkeypatch: pytest.MonkeyPatch, capfd
):
    """libpq repeats a connection string that it cannot read."""
    secret = server.password
    strings = [
        server.dsn,
        server.dsn.replace("kpi_reader", "nobody_here"),
        f"garbage {secret}",
        f"postgresql://a:{secret} b@nowhere:x/",
        f"host=127.0.0.1 port={server.port} dbname=none user=kpi_reader password={secret}",
        f"postgresql://kpi_reader:{secret}x@127.0.0.1:{server.port}/postgres",
    ]
    shown = []
    for string in strings:
        monkeypatch.setenv("KPI_DATABASE", string)
        shown.append(repr(bank.land()))
        if string != server.dsn:
            with pytest.raises(UnaccountableError) as caught:
                fetch(bank.source, seconds=5)
            shown.append("".join(traceback.format_exception(caught.value)))
    shown += capfd.readouterr()
    files = [path for path in bank.project.root.rglob("*") if path.is_file()]
    assert len(files) > 3
    assert not [path for path in files if secret.encode() in path.read_bytes()]
    assert secret not in "".join(shown)
    assert "unaccountable" in shown[1]
