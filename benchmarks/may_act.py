"""How long a runtime waits for ``may_act`` with 10,000 grants: warm, cold, and as a new process.

    make bench-may-act

10,000 classes, each delegated; the month's ledger holds a verdict line for each and the run line.
Medians of wall time, and of CPU time, which other work on the machine does not lengthen. Exit 0
when a warm answer takes at most 1 ms and a new process at most 150 ms of CPU time.
"""

import hashlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster_project.may_act as may_act_module
from dagster_project.ledger.anchor import Watch
from dagster_project.ledger.record import record_run
from dagster_project.publish.grants import build_grants

GRANTS = 10_000
WARM_LIMIT_MS, COLD_LIMIT_MS = 1.0, 150.0
CRITERIA = [{"id": f"criterion_{number}", "verdict": "pass", "n": 900} for number in range(8)]


def make_company(folder: Path) -> dict[str, Path]:
    """A publication, its ledger and an anchor."""
    names = [f"workflow.class_{number}" for number in range(GRANTS)]
    now = datetime.now(UTC)
    rows = [
        {
            "decision_class": name,
            "segment": "all",
            "cohort_id": "c1",
            "effective_level": "delegate",
            "amount_limit": None,
            "currency": None,
            "boundary": "",
            "valid_until_date": (now + timedelta(days=2)).date(),
        }
        for name in names
    ]
    until = now + timedelta(days=2)
    grants = build_grants(rows, valid_until=until, run={"as_of": now.date()})
    places = {key: folder / key for key in ("publish", "ledger", "anchor")}
    verdicts = [
        {
            "decision_class": name,
            "segment": "all",
            "gate": "production_fit",
            "verdict": "pass",
            "is_blocked": False,
            "level": "delegate",
            "cohort_id": "c1",
            "criteria": CRITERIA,
        }
        for name in names
    ]
    digests = dict.fromkeys(("inputs", "code", "registry", "publication"), "0" * 64)
    record_run(
        places["ledger"],
        as_of=now.date(),
        known_batch="20260330T050000000000Z",
        valid_until=until,
        digests=digests | {"grants": hashlib.sha256(grants).hexdigest()},
        verdicts=verdicts,
        actor="run:bench",
        time=now,
        watch=Watch(places["anchor"], places["publish"]),
    )
    (places["publish"] / "grants.json").write_bytes(grants)
    time.sleep(0.1)  # a file changed within the last tick is not kept
    return places


def medians_ms(ask: Callable[[int], object], times: int) -> tuple[float, float]:
    """Medians of single calls, in milliseconds: wall time; CPU time, of child processes too."""
    wall, cpu = [], []
    for number in range(times):
        started, used = time.perf_counter(), cpu_seconds()
        ask(number)
        cpu.append((cpu_seconds() - used) * 1000)
        wall.append((time.perf_counter() - started) * 1000)
    return statistics.median(wall), statistics.median(cpu)


def cpu_seconds() -> float:
    """Used so far by this process and by its children that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def main() -> int:
    """Ask warm, cold and in new processes."""
    with tempfile.TemporaryDirectory() as name:
        places = make_company(Path(name))

        def ask(number: int) -> None:
            answer = may_act_module.may_act(
                f"workflow.class_{number % GRANTS}", cohort="c1", **places
            )
            assert answer.allowed, answer

        def ask_cold(number: int) -> None:
            may_act_module._cache.clear()
            ask(number)

        def start(number: int) -> None:
            script = str(may_act_module.__file__)
            command = [sys.executable, "-I", "-S", script, f"workflow.class_{number}"]
            command += ["--cohort", "c1", *(f"--{key}={path}" for key, path in places.items())]
            assert subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0

        ledger_bytes = sum(path.stat().st_size for path in places["ledger"].glob("*.jsonl"))
        figures = {
            "cold": medians_ms(ask_cold, 21),
            "process": medians_ms(start, 21),
            "warm": medians_ms(ask, 10_000),
        }
    print(f"{GRANTS:,} grants, month of {ledger_bytes / 1e6:.1f} MB; medians of 21, 21 and 10,000")
    print(f"RESULT may_act_grants={GRANTS}")
    for name, (wall, cpu) in figures.items():
        print(f"RESULT may_act_{name}_ms={wall:.3f}\nRESULT may_act_{name}_cpu_ms={cpu:.3f}")
    is_good = figures["warm"][1] <= WARM_LIMIT_MS and figures["process"][1] <= COLD_LIMIT_MS
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
