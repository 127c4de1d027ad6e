"""`penstock run` refuses a bad registry, names the step that failed, and survives a killed run."""

import os
import pty
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import dagster as dg
import pytest
from cli_world import World
from conftest import Ask

from dagster_project.automation.triggers import JOB_NAME
from dagster_project.cli import pipeline, run
from dagster_project.cli.instance import CLI_TAG, open_instance
from dagster_project.cli.screen import console
from dagster_project.settings import Project, load_project

WAIT = 120


def _project(world: World, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("PENSTOCK_HOME", str(world.home))
    return load_project(world.root)


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Put a job of one step, `prepare`, in the place of the pipeline; no registry is asked for."""

    def use(body: Callable[[], None]) -> None:
        @dg.asset(name="prepare", pool="warehouse")
        def prepare() -> None:
            body()

        definitions = dg.Definitions(
            assets=[prepare],
            jobs=[dg.define_asset_job(JOB_NAME)],
            executor=dg.in_process_executor,
        )
        monkeypatch.setattr(pipeline, "_definitions", lambda _: definitions)
        monkeypatch.setattr(run, "check_registry", lambda _: None)

    return use


def test_a_registry_with_problems_is_listed_and_nothing_runs(ask: Ask, fresh: World) -> None:
    said = ask(fresh, "run")
    assert (said.code, said.out) == (2, "")
    assert "nothing was judged" in said.err
    assert "people.csv: is missing" in said.err
    assert not (fresh.home / "logs").exists()


@contextmanager
def terminal() -> Iterator[bytearray]:
    """A pseudo terminal in the place of stderr; what was shown on it."""
    shown = bytearray()
    master, slave = pty.openpty()

    def read() -> None:
        with suppress(OSError):  # how the end of a terminal reads
            while chunk := os.read(master, 4096):
                shown.extend(chunk)

    reader = threading.Thread(target=read)
    kept = os.dup(2)
    os.dup2(slave, 2)
    os.close(slave)
    reader.start()
    try:
        yield shown
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        reader.join()
        os.close(master)


def test_on_a_terminal_the_step_is_shown_and_its_output_is_not(
    fresh: World, job: Callable[[Callable[[], None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def body() -> None:
        sys.stdout.write("words of a step\n")
        time.sleep(0.5)

    job(body)
    monkeypatch.setenv("TERM", "xterm")
    project = _project(fresh, monkeypatch)
    log = fresh.home / "run.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with terminal() as shown:
        pipeline.execute(project, None, None, log, has_progress=True)
    assert b"prepare" in shown
    assert b"words" not in shown
    assert b"DEBUG" not in shown
    assert "words of a step" in log.read_text(encoding="utf-8")


def test_a_failed_step_is_named_with_its_words_and_the_log(
    ask: Ask, fresh: World, job: Callable[[Callable[[], None]], None]
) -> None:
    def body() -> None:
        sys.stdout.write("words of a step\n")
        subprocess.run(["/bin/echo", "words of a child"], check=True)
        raise ValueError("the reason\x1b[31m of it")

    job(body)
    said = ask(fresh, "run")
    (log,) = (fresh.home / "logs").glob("run-*.log")
    assert (said.code, said.out) == (3, "")
    assert said.err.splitlines()[0] == f"penstock: step `prepare` failed; log: {log}"
    assert "the reason of it" in said.err
    text = log.read_text(encoding="utf-8")
    assert "words of a step" in text
    assert "words of a child" in text


def test_a_run_without_a_line_in_the_ledger_is_no_success(
    ask: Ask, fresh: World, job: Callable[[Callable[[], None]], None]
) -> None:
    job(lambda: None)
    said = ask(fresh, "run")
    assert said.code == 3
    assert "the ledger has no line of it" in said.err


def test_a_second_run_at_the_same_time_is_refused(
    ask: Ask,
    fresh: World,
    job: Callable[[Callable[[], None]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job(lambda: None)
    with open_instance(_project(fresh, monkeypatch)):
        said = ask(fresh, "run", "--format", "json")
    assert said.code == 3
    assert "another `penstock run` is at work" in said.document()["error"]


def test_the_slot_of_a_killed_run_is_free_again(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = _project(fresh, monkeypatch)
    script = (
        "import os, sys, dagster as dg\n"
        "from pathlib import Path\n"
        "from dagster_project.cli.instance import CLI_TAG, open_instance\n"
        "from dagster_project.settings import load_project\n"
        "@dg.asset(pool='warehouse')\n"
        "def prepare(): os.kill(os.getpid(), 9)\n"
        "job = dg.Definitions(assets=[prepare], jobs=[dg.define_asset_job('j')],"
        " executor=dg.in_process_executor).resolve_job_def('j')\n"
        "with open_instance(load_project(Path(sys.argv[1]))) as instance:\n"
        "    job.execute_in_process(instance=instance, tags={CLI_TAG: 'run'})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(fresh.root)],
        env=os.environ | {"PENSTOCK_HOME": str(fresh.home)},
        capture_output=True,
        check=False,
        timeout=WAIT,
    )
    assert done.returncode == -9, done.stderr
    with dg.DagsterInstance.from_config(str(project.dagster_home)) as left:
        assert left.event_log_storage.get_concurrency_info("warehouse").active_slot_count == 1
    with open_instance(project) as instance:
        (dead,) = instance.get_runs(dg.RunsFilter(tags={CLI_TAG: "run"}))
        assert dead.status is dg.DagsterRunStatus.FAILURE
        assert instance.event_log_storage.get_concurrency_info("warehouse").active_slot_count == 0


def test_the_settings_of_dagster_are_written_once(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = _project(fresh, monkeypatch)
    with open_instance(project) as instance:
        assert instance.telemetry_enabled is False
        assert instance.run_monitoring_enabled is True
        assert instance.global_op_concurrency_default_limit == 1
    own = project.dagster_home / "dagster.yaml"
    own.write_text("telemetry:\n  enabled: false\n# mine\n", encoding="utf-8")
    with open_instance(project):
        assert own.read_text(encoding="utf-8").endswith("# mine\n")


def test_old_logs_are_cleared_and_new_ones_kept(tmp_path: Path) -> None:
    from dagster_project.cli.quiet import KEPT_LOGS, new_log

    for number in range(KEPT_LOGS + 5):
        (tmp_path / f"run-2025{number:04}.log").touch()
    (tmp_path / "penstock-error.log").touch()
    new_log(tmp_path).touch()
    left = sorted(path.name for path in tmp_path.iterdir())
    assert len(left) == KEPT_LOGS + 1
    assert left[0] == "penstock-error.log"
    assert "run-20250005.log" not in left


def test_the_summary_shows_what_changed(capsys: pytest.CaptureFixture[str]) -> None:
    from dagster_project.cli.screen import console

    before = {("crm.tag", "all", "data_fit"): {"verdict": "pass", "level": "delegate"}}
    after = {
        ("crm.tag", "all", "data_fit"): {"verdict": "fail", "level": "surface"},
        ("crm.new", "region=EU", "data_fit"): {"verdict": "pass"},
    }
    summary = {
        "run_id": "r1",
        "as_of": "2025-08-03",
        "landed": {"landed_files": 1, "landed_count": 1200, "unaccountable_files": 1},
        "verdicts": {"fail": 1, "pass": 1},
        "changes": run._changes(before, after),
        "is_first_run": False,
        **dict.fromkeys(("digest", "publish", "log"), "-"),
        "step_seconds": {},
        "seconds": 1,
        "peak_memory_mb": 1,
    }
    run.print_summary(console(), summary)
    out = " ".join(capsys.readouterr().out.split())
    assert "1,200 rows of 1 new file," in out
    assert "1 file cannot be accounted for" in out
    assert "crm.tag data_fit pass → fail (level changed)" in out
    assert "crm.new region=EU data_fit – → pass" in out


@pytest.mark.parametrize(("count", "line"), [(0, ""), (1, "1 file waits"), (12, "12 files wait")])
def test_files_that_are_still_written_to_are_told(
    capfd: pytest.CaptureFixture[str], count: int, line: str
) -> None:
    told = dict.fromkeys(("as_of", "run_id", "digest", "publish", "log", "seconds"), "-")
    run.print_summary(
        console(),
        told
        | {"landed": {"landed_files": 2, "waiting_files": count}, "is_first_run": True}
        | {"verdicts": {}, "changes": [], "step_seconds": {}, "peak_memory_mb": 1},
    )
    lines = [each.strip() for each in capfd.readouterr().out.splitlines() if "wait" in each]
    assert lines == ([f"{line}: written to just now"] if line else [])
