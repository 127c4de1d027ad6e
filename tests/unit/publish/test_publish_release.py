"""A release is whole or not there; readers never see a mixture of two."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from dagster_project.files import sha256_file
from dagster_project.publish.release import (
    StagedRelease,
    UnpublishableError,
    activate,
    publish_release,
    stage_release,
)
from dagster_project.warehouse import WarehouseMissingError, connect

MARTS = ["autonomy_map", "gate_scorecard"]


def build_warehouse(path: Path, mark: int = 1, order: str = "ASC") -> Path:
    with closing(connect(path)) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS marts; CREATE SCHEMA IF NOT EXISTS gates")
        connection.execute(
            "CREATE OR REPLACE TABLE gates.all_rows AS SELECT range AS n, 'é\"\\u2028' || range"
            f" AS name, CAST({mark} + range / 8 AS DECIMAL(28,9)) AS bound, DATE '2026-03-01' + "
            "CAST(range AS INTEGER) AS as_of_date,"
            " TIMESTAMPTZ '2026-03-01 00:00:00.5+02' AS made_at,"
            " range % 2 = 0 AS is_blocked, CAST(NULL AS VARCHAR) AS nothing"
            f" FROM range(500) ORDER BY n {order}"
        )
        connection.execute("CREATE OR REPLACE TABLE marts.autonomy_map AS FROM gates.all_rows")
        connection.execute("COMMENT ON TABLE marts.autonomy_map IS 'one row per class''s level'")
        connection.execute("COMMENT ON COLUMN marts.autonomy_map.bound IS 'it''s the bound'")
        # as dbt makes views: naming the database they were made in
        connection.execute(
            "CREATE OR REPLACE VIEW marts.gate_scorecard AS SELECT n, bound"
            f' FROM "{path.stem}".gates.all_rows'
        )
        connection.execute("CREATE OR REPLACE TABLE marts.value_ledger (n BIGINT)")
    return path


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return build_warehouse(tmp_path / "penstock.duckdb")


@pytest.fixture
def publish(tmp_path: Path) -> Path:
    return tmp_path / "publish"


def stage(warehouse: Path, publish: Path, release_id: str = "r1") -> StagedRelease:
    return stage_release(warehouse, publish, MARTS, release_id)


def releases(publish: Path) -> set[str]:
    return {path.name for path in (publish / "releases").iterdir()}


def test_a_release_holds_each_mart_twice_and_a_manifest_that_binds_the_bytes(
    warehouse: Path, publish: Path
) -> None:
    staged = stage(warehouse, publish)
    assert staged.path == publish / "releases" / "r1"
    manifest = json.loads((staged.path / "manifest.json").read_bytes())
    assert sha256_file(staged.path / "manifest.json") == staged.manifest_sha256
    assert set(manifest["files"]) == {
        *("scorecards.duckdb", "parquet/autonomy_map.parquet", "parquet/gate_scorecard.parquet")
    }
    for name, entry in manifest["files"].items():
        assert sha256_file(staged.path / name) == entry["sha256"]
    assert manifest["tables"]["autonomy_map"]["rows"] == 500
    columns = manifest["tables"]["autonomy_map"]["columns"]
    bound = {"name": "bound", "type": "DECIMAL(28,9)", "comment": "it's the bound"}
    assert bound in columns
    with closing(connect(staged.path / "scorecards.duckdb", read_only=True)) as copy:
        [found] = copy.execute(
            "SELECT count(*), max(bound) FROM penstock.gate_scorecard"
        ).fetchall()
        assert (found[0], str(found[1])) == (500, "63.375000000")
        query = "SELECT comment FROM duckdb_columns() WHERE table_name = 'autonomy_map'"
        assert ("it's the bound",) in copy.execute(query).fetchall()
        query = "SELECT comment FROM duckdb_tables() WHERE table_name = 'autonomy_map'"
        assert copy.execute(query).fetchall() == [("one row per class's level",)]
    assert not (publish / "current").exists()


def test_the_digest_is_over_the_canonical_rows(tmp_path: Path, publish: Path) -> None:
    path = tmp_path / "small.duckdb"
    with closing(connect(path)) as connection:
        connection.execute("CREATE SCHEMA marts; CREATE TABLE marts.m (z BIGINT, a DECIMAL(9,3))")
        connection.execute("INSERT INTO marts.m VALUES (2, 1.500), (1, 100), (NULL, 0)")
    staged = stage_release(path, publish, ["m"], "r1")
    text = '{"a":"0","z":null}\n{"a":"1.5","z":2}\n{"a":"100","z":1}\n'
    assert staged.tables == {"m": (3, hashlib.sha256(text.encode()).hexdigest())}


def test_the_same_rows_have_the_same_digests(
    tmp_path: Path, warehouse: Path, publish: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stage(warehouse, publish)
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    turned = build_warehouse(tmp_path / "other.duckdb", order="DESC")
    again = stage_release(turned, tmp_path / "second", list(reversed(MARTS)), "r9")
    assert again.tables == first.tables
    assert again.content_sha256 == first.content_sha256
    other = stage(build_warehouse(tmp_path / "third.duckdb", mark=2), tmp_path / "third")
    assert other.content_sha256 != first.content_sha256


def test_staging_the_same_release_again_changes_nothing(warehouse: Path, publish: Path) -> None:
    first = stage(warehouse, publish)
    stamp = (first.path / "manifest.json").stat().st_ino
    assert stage(warehouse, publish) == first
    assert (first.path / "manifest.json").stat().st_ino == stamp
    assert releases(publish) == {"r1"}
    build_warehouse(warehouse, mark=7)
    with pytest.raises(UnpublishableError, match="already"):
        stage(warehouse, publish)
    assert stage(build_warehouse(warehouse), publish) == first


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("CREATE OR REPLACE TABLE marts.autonomy_map AS SELECT 1 AS n WHERE false", "is empty"),
        ("CREATE OR REPLACE TABLE marts.autonomy_map AS SELECT 0.5::DOUBLE AS n", "n is DOUBLE"),
        ("CREATE OR REPLACE TABLE marts.autonomy_map AS SELECT sum(1) AS n", "n is HUGEINT"),
        ("CREATE OR REPLACE TABLE marts.autonomy_map AS SELECT now()::TIMESTAMP AS n", "TIMESTAMP"),
        ("DROP TABLE marts.autonomy_map", "does not exist"),
    ],
)
def test_a_build_that_fails_leaves_the_old_release_in_use(
    warehouse: Path, publish: Path, sql: str, error: str
) -> None:
    stage(warehouse, publish)
    activate(publish, "r1", b"{}")
    with closing(connect(warehouse)) as connection:
        connection.execute(sql)
    with pytest.raises((UnpublishableError, duckdb.Error), match=error):
        stage(warehouse, publish, "r2")
    assert releases(publish) == {"r1"}
    assert (publish / "current").readlink() == Path("releases/r1")


def test_a_mart_may_be_empty_only_when_named(warehouse: Path, publish: Path) -> None:
    marts = [*MARTS, "value_ledger"]
    with pytest.raises(UnpublishableError, match="value_ledger is empty"):
        stage_release(warehouse, publish, marts, "r1")
    staged = stage_release(warehouse, publish, marts, "r1", may_be_empty=["value_ledger"])
    assert staged.tables["value_ledger"][0] == 0


def test_a_copy_that_differs_from_the_source_is_not_published(
    warehouse: Path, publish: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dagster_project.publish.copy as copy_module

    audit = copy_module._audit

    def swap(folder: Path, tables: dict[str, object]) -> None:
        path = folder / "parquet" / "gate_scorecard.parquet"
        path.write_bytes((folder / "parquet" / "autonomy_map.parquet").read_bytes())
        audit(folder, tables)

    monkeypatch.setattr(copy_module, "_audit", swap)
    with pytest.raises(UnpublishableError, match="gate_scorecard"):
        stage(warehouse, publish)
    assert releases(publish) == set()


@pytest.mark.parametrize("release_id", ["", ".", "..", "../x", ".tmp-1", "a/b", "x" * 101])
def test_a_hostile_release_id_is_refused(warehouse: Path, publish: Path, release_id: str) -> None:
    with pytest.raises(UnpublishableError):
        stage(warehouse, publish, release_id)
    with pytest.raises(UnpublishableError):
        activate(publish, release_id, b"{}")


def test_there_is_nothing_to_stage_without_a_database(publish: Path) -> None:
    with pytest.raises(WarehouseMissingError):
        stage(publish / "absent.duckdb", publish)


def test_activation_switches_pointer_and_grants(warehouse: Path, publish: Path) -> None:
    staged = stage(warehouse, publish)
    activate(publish, "r1", b'{"grants":[]}')
    assert (publish / "grants.json").read_bytes() == b'{"grants":[]}'
    assert (publish / "current").resolve() == staged.path.resolve()
    assert json.loads((publish / "current.json").read_bytes()) == {
        "release_id": "r1",
        "manifest_sha256": staged.manifest_sha256,
        "grants_sha256": hashlib.sha256(b'{"grants":[]}').hexdigest(),
    }
    with pytest.raises(UnpublishableError, match="not staged"):
        activate(publish, "r2", b"{}")
    assert (publish / "grants.json").read_bytes() == b'{"grants":[]}'


def small_release(publish: Path, number: int) -> str:
    """Two files that belong together, and no database: fast enough to repeat."""

    def build(folder: Path) -> dict[str, object]:
        for name in ("one", "two"):
            (folder / name).write_text(str(number))
        return {"tables": {"one": {"rows": 1, "sha256": str(number)}}}

    return publish_release(publish, f"r{number:03}", build).path.name


def test_the_newest_five_releases_are_kept_and_never_the_active_one_pruned(publish: Path) -> None:
    names = [small_release(publish, number) for number in range(8)]
    activate(publish, names[1], b"{}")
    assert releases(publish) == {"r001", "r004", "r005", "r006", "r007"}
    activate(publish, small_release(publish, 8), b"{}")
    assert releases(publish) == {"r004", "r005", "r006", "r007", "r008"}


def test_readers_during_activation_never_see_a_mixture(publish: Path) -> None:
    activate(publish, small_release(publish, 0), b"{}")
    seen: set[str] = set()
    mixtures: list[tuple[str, str]] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                release = os.open(publish / "current", os.O_RDONLY | os.O_DIRECTORY)
            except FileNotFoundError:
                mixtures.append(("no", "pointer"))
                continue
            pair = []
            for name in ("one", "two"):
                handle = os.open(name, os.O_RDONLY, dir_fd=release)
                pair.append(os.read(handle, 9).decode())
                os.close(handle)
            os.close(release)
            seen.update(pair)
            if pair[0] != pair[1]:
                mixtures.append((pair[0], pair[1]))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(1, 30):
        activate(publish, small_release(publish, number), b"{}")
    done.set()
    for reader in readers:
        reader.join()
    assert mixtures == []
    assert len(seen) > 5


def test_an_open_copy_stays_readable_when_its_release_is_pruned(
    warehouse: Path, publish: Path
) -> None:
    stage(warehouse, publish)
    activate(publish, "r1", b"{}")
    copy = publish / "current" / "scorecards.duckdb"
    with closing(connect(copy, read_only=True)) as reader:
        for number in range(2, 9):
            activate(publish, small_release(publish, number), b"{}")
        assert not (publish / "releases" / "r1").exists()
        [(total,)] = reader.execute("SELECT count(*) FROM penstock.autonomy_map").fetchall()
    assert total == 500


def test_what_a_killed_build_left_is_cleared_by_the_next(warehouse: Path, publish: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path\n"
        "from dagster_project.publish.release import publish_release\n"
        "def build(folder):\n"
        "    (folder / 'half').write_text('x'); os.kill(os.getpid(), 9)\n"
        "publish_release(Path(sys.argv[1]), 'r1', build)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(publish)], check=False)
    assert done.returncode == -9
    assert [name[:5] for name in releases(publish)] == [".tmp-"]
    stage(warehouse, publish)
    assert releases(publish) == {"r1"}
