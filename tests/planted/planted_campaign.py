"""``make planted``: bounds cover the planted truth, bad classes are not passed, good ones are.

Prints every figure with its number of worlds and its bar; ends with ``RESULT`` lines, and with an
error when a bar is missed. The tests run a small version.
"""

import sys
import time
from collections.abc import Callable, Iterator

from planted_biases import biases
from planted_certificates import certificates
from planted_clusters import clusters
from planted_costs import costs
from planted_coverage import coverages
from planted_figures import Figure
from planted_flow import flows
from planted_promotions import power, promotions
from planted_verification import verification

WORLDS = 10_000
SECTIONS: dict[str, Callable[[int], Iterator[Figure]]] = {
    "coverage of 95 % bounds": coverages,
    "losses and costs of subjects": clusters,
    "ninety daily looks": promotions,
    "power": power,
    "promotions by the certificate": certificates,
    # up to 2,000 subjects each
    "costs of subjects": lambda worlds: costs(worlds * 2 // 5),
    "verification bias": verification,
    "ways to count labels": biases,
    "plants of the simulator through the whole flow": lambda worlds: flows(),
}


def main() -> int:
    figures: list[Figure] = []
    for title, section in SECTIONS.items():
        print(f"-- {title}", flush=True)
        for figure in section(WORLDS):
            missed = "" if figure.is_met else "  MISSED"
            print(
                f"{figure.name:52} {figure.value:10.4f}  n={figure.n:,}  bar{figure.bar}{missed}",
                flush=True,
            )
            figures.append(figure)
    for figure in figures:
        print(f"RESULT {figure.name}={figure.value:.6g}")
    missed_count = sum(not figure.is_met for figure in figures)
    print(f"RESULT planted_figures={len(figures)}")
    print(f"RESULT planted_missed={missed_count}")
    return 1 if missed_count else 0


if __name__ == "__main__":
    start = time.perf_counter()
    status = main()
    print(f"{time.perf_counter() - start:.0f} s")
    sys.exit(status)
