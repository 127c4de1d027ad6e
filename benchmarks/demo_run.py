"""``make bench``: the demo's main job, warm, five times; seconds by step and peak memory.

The named alternative in the same run is the same SQL without Penstock around it: two plain
``dbt build`` processes over the same two sets, which is what a dbt project alone would cost.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
RUNS = 5
MOST_SECONDS = 90
MOST_MEGABYTES = 2000


def main() -> int:
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "PENSTOCK_HOME": home, "PENSTOCK_PROJECT": str(ROOT / "demo")}
        demo(environment)  # parses, lands, warms the caches
        runs = [demo(environment) for _ in range(RUNS)]
        alone = [dbt_alone(environment, Path(home)) for _ in range(RUNS)]
    seconds = statistics.median(run["seconds"] for run in runs)
    for step in runs[0]["step_seconds"]:
        median = statistics.median(float(run["step_seconds"][step]) for run in runs)
        print(f"RESULT {step.replace(' ', '_')}_seconds={median:.1f}", flush=True)
    peak = max(run["peak_memory_mb"] for run in runs)
    print(f"RESULT dbt_alone_seconds={statistics.median(alone):.1f}")
    print(f"RESULT demo_to_dbt_ratio={seconds / statistics.median(alone):.2f}")
    print(f"RESULT demo_seconds={seconds:.1f}")
    print(f"RESULT peak_memory_mb={peak}")
    return 0 if seconds <= MOST_SECONDS and peak <= MOST_MEGABYTES else 1


def demo(environment: dict[str, str]) -> dict:
    """What `penstock demo` reports of itself, with the whole process's seconds."""
    start = time.perf_counter()
    done = subprocess.run(
        [BIN / "penstock", "demo", "--format", "json"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    took = time.perf_counter() - start
    print(f"demo {took:.1f} s", flush=True)
    return {**json.loads(done.stdout)["run"], "seconds": took}


def dbt_alone(environment: dict[str, str], home: Path) -> float:
    """Seconds of the two sets as plain dbt processes."""
    start = time.perf_counter()
    for tag in ("prepare", "decide"):
        subprocess.run(
            [BIN / "dbt", "build", "--quiet", "-s", f"tag:{tag}"],
            cwd=ROOT / "demo",
            env={**environment, "DBT_TARGET_PATH": str(home / "dbt" / "target")},
            capture_output=True,
            check=True,
        )
    took = time.perf_counter() - start
    print(f"dbt alone {took:.1f} s", flush=True)
    return took


if __name__ == "__main__":
    sys.exit(main())
