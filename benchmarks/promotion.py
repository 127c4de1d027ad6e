"""Promotion and alarm over time on simulated classes: how often each is wrong, and how soon right.

The worlds of tests/weekly_worlds.py, many more of them. Exit status 1 when a bar is not met.
"""

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from weekly_worlds import history

from dagster_project.evidence.estimates.alarm import alarms
from dagster_project.evidence.estimates.bounds import Array, anytime_upper
from dagster_project.evidence.estimates.certificate import Certificate, certify

LIMIT = ALPHA = 0.05
WORLDS, A_LOOK = 2_000, 40
WINDOW, A_YEAR = 28, 400
CELLS, WEEKS = 30_000, 17


def drawn(generator: np.random.Generator, rate: float | Array, looks: int, worlds: int) -> Array:
    """Failures of ``A_LOOK`` trials, worlds × looks."""
    return generator.binomial(A_LOOK, rate, (worlds, looks)).astype(np.float64)


def certificate(failures: Array) -> Certificate:
    """Certificates of worlds at their last look."""
    world = history(np.full(failures.shape, A_LOOK), failures, LIMIT)
    return certify(world, np.full(len(failures), ALPHA))


def ever_promoted(failures: Array) -> float:
    """Share of worlds with a proof at any look; alarms would only take some away."""
    best = certificate(failures).best[: len(failures)]
    return float((best <= LIMIT).mean())


def misled(failures: Array, borrowed: tuple[float, float]) -> float:
    """The same of worlds that borrow these failures and successes."""
    world = history(np.full(failures.shape, A_LOOK), failures, LIMIT, borrowed=borrowed)
    found = certify(world, np.full(len(failures), ALPHA)).best[: len(failures)]
    return float((found <= LIMIT).mean())


def sliding(failures: Array) -> float:
    """Share of worlds that a bound over the last ``WINDOW`` looks alone would ever pass."""
    total = np.cumsum(failures, axis=1)
    window = total[:, WINDOW:] - total[:, :-WINDOW]
    upper = anytime_upper(window, WINDOW * A_LOOK, LIMIT, ALPHA)
    return float((upper <= LIMIT).any(axis=1).mean())


def alarmed(failures: Array, begin: int = 0) -> float:
    """Share of worlds with an alarm from look ``begin`` on."""
    trials = np.full(failures.shape, float(A_LOOK))
    limit, nothing = np.full(len(failures), LIMIT), np.zeros(len(failures))
    found = alarms(failures, trials, limit, nothing).is_alarm
    return float(found[:, begin:].any(axis=1).mean())


def seconds_of_cells(generator: np.random.Generator, strata: int) -> float:
    """2,000 classes × 5 segments × 3 cohorts with an error of 1.5 %."""
    trials = generator.poisson(A_LOOK / strata, (CELLS, strata, WEEKS))
    world = history(trials, generator.binomial(trials, 0.015), LIMIT)
    begin = time.perf_counter()
    certify(world, np.full(CELLS, ALPHA)).upper()
    return time.perf_counter() - begin


def main() -> int:
    """Measure, print, and say whether every bar holds."""
    generator = np.random.default_rng(2025)
    drift = np.repeat([0.01, 4 * LIMIT], [250, 5])
    a_year = drawn(generator, 0.0501, 365, A_YEAR)
    figures = {
        "promoted_bad": (ever_promoted(drawn(generator, 0.0501, 90, WORLDS)), "<=", ALPHA),
        "promoted_bad_by_a_misleading_lender": (
            # 4 failures in 4,000 trials at a quarter
            misled(drawn(generator, 0.0501, 90, 10 * WORLDS), (1.0, 999.0)),
            "<=",
            ALPHA,
        ),
        "promoted_bad_by_a_terrible_lender": (
            # 2,000 in 2,000; the registry's row would be refused
            misled(drawn(generator, 0.0501, 90, WORLDS), (500.0, 0.0)),
            "<=",
            ALPHA,
        ),
        "promoted_good": (ever_promoted(drawn(generator, 0.02, 90, WORLDS)), ">=", 0.999),
        "promoted_bad_in_a_year": (ever_promoted(a_year), "<=", ALPHA),
        "promoted_bad_in_a_year_by_a_window": (sliding(a_year), ">=", ALPHA),
        "false_alarm_365_looks": (
            alarmed(drawn(generator, LIMIT / 2, 365, 10 * WORLDS)),
            "<=",
            0.365,
        ),
        "false_alarm_52_looks": (
            alarmed(drawn(generator, LIMIT / 2, 52, 10 * WORLDS)),
            "<=",
            0.052,
        ),
        "drift_found_in_5_looks": (alarmed(drawn(generator, drift, 255, WORLDS), 250), ">=", 0.99),
        "seconds_one_stratum": (seconds_of_cells(generator, 1), "<=", 20.0),
        "seconds_two_strata": (seconds_of_cells(generator, 2), "<=", 20.0),
    }
    print(f"{A_LOOK} trials a look, limit {LIMIT}, {WORLDS} worlds a figure;")
    print(f"{10 * WORLDS} for false alarms, {A_YEAR} for promotions in a year")
    for name, (value, _, _) in figures.items():
        print(f"RESULT {name}={value:.4g}")
    is_met = [v <= bar if side == "<=" else v >= bar for v, side, bar in figures.values()]
    return 0 if all(is_met) else 1


if __name__ == "__main__":
    sys.exit(main())
