"""Compiled code is started when it is worth it, and landing goes on where it cannot be."""

import errno
import logging
import sys
import threading

import pyarrow.parquet as pq
import pytest
from landing_world import lines

from dagster_project.landing.columnar import start
from dagster_project.landing.columnar.compiled import compiled_once, digest_of_sources
from dagster_project.landing.columnar.scan import scan
from dagster_project.landing.side_thread import SideThread


def test_few_lines_are_not_worth_it_many_together_are():
    once = start.Start()
    assert once.reader(start.WORTH_LINES - 1) is None
    assert once.reader(1) is not None
    assert once.reader(1) is not None


def test_lines_land_one_by_one_where_compiled_code_cannot_be_loaded(desk, monkeypatch, caplog):
    monkeypatch.setattr(start, "WORTH_LINES", 0)
    monkeypatch.setattr(start, "START", start.Start())
    monkeypatch.setitem(sys.modules, "dagster_project.landing.columnar.columns", None)
    desk.drop("a.jsonl", lines(*range(60)))
    desk.drop("b.jsonl", lines(*range(40)))
    with caplog.at_level(logging.WARNING):
        assert desk.statuses() == {"a.jsonl": "landed", "b.jsonl": "landed"}
    assert len(desk.rows()) == 100
    assert [record.getMessage()[:33] for record in caplog.records] == [
        "JSON Lines are read one by one, w"
    ]


def test_a_scan_that_misreads_is_not_used(monkeypatch):
    from dagster_project.landing.columnar import columns

    monkeypatch.setattr(columns, "gather", lambda *_: None)
    monkeypatch.setattr(start, "WORTH_LINES", 0)
    assert start.Start().reader(1) is None


def test_where_nothing_can_be_kept_it_is_compiled_in_memory():
    made: dict = {}
    exec("def double(number):\n    return 2 * number", made)
    assert compiled_once(made["double"])(21) == 42


def test_what_is_kept_is_of_these_sources():
    (enclosed,) = scan.py_func.__closure__
    assert enclosed.cell_contents == digest_of_sources()


def test_side_calls_keep_their_order_and_their_bound():
    made: list[int] = []
    gate = threading.Event()
    side = SideThread(behind=1)
    side.do(gate.wait)
    threading.Timer(0.05, gate.set).start()
    for number in range(20):
        side.do(lambda number=number: made.append(number))
        assert len(made) >= number - 1
    side.finish()
    assert made == list(range(20))


def test_a_side_call_that_fails_is_not_forgotten():
    side = SideThread(behind=1)
    side.do(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        side.do(print)
    side.stop()
    side = SideThread(behind=1)
    side.do(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        side.finish()


def test_rows_that_cannot_be_written_land_nothing(desk, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    desk.drop("a.jsonl", lines(1, 2))
    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    with pytest.raises(OSError, match="No space"):
        desk.land()
    monkeypatch.undo()
    monkeypatch.delenv("PENSTOCK_HOME", raising=False)
    assert (desk.rows(), desk.entries()) == ([], [])
    assert desk.statuses() == {"a.jsonl": "landed"}
