"""Every plant of the simulator through the whole flow: what the verdicts make of it."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from math import sqrt
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from planted_figures import Figure
from steps import AS_OF, decide, land_all, procurement

from dagster_project import warehouse
from dagster_project.settings import Project
from dagster_project.simulate import simulate

CLASS = "procurement.classify_vendor_request"
OTHER = "procurement.match_vendor_category"
# what each plant must keep from passing in the class that passes everything without it
CAUGHT = {
    "verification_bias": ("accuracy",),
    "tired_reviewers": ("reviewers_effective",),
    "drift": ("accuracy",),
    "fake_telemetry": ("telemetry_plausible", "latency"),
    "undo_failures": ("reversibility",),
    "label_delay": ("labels_available",),
}


class Run(NamedTuple):
    """One simulated company, judged."""

    truth: dict[str, Any]
    verdicts: dict[tuple[str, str, str], str]
    accuracy: dict[tuple[str, str], dict[str, Any]]

    def groups(self, name: str = CLASS, **having: object) -> dict[str, int]:
        """Realised counts of a class, summed over the groups that match."""
        total: dict[str, int] = {}
        for group in self.truth["groups"]:
            if group["decision_class"] == name and having.items() <= group.items():
                for key, value in group.items():
                    if type(value) is int:
                        total[key] = total.get(key, 0) + value
        return total


def flows() -> Iterator[Figure]:
    """One run of 26 weeks per plant, and one without."""
    healthy = judged("")
    for plant, criteria in CAUGHT.items():
        run = judged(plant)
        for criterion in criteria:
            assert healthy.verdicts[CLASS, "all", criterion] == "pass", criterion
            is_caught = run.verdicts[CLASS, "all", criterion] != "pass"
            yield Figure(f"caught_{plant}_{criterion}", float(is_caught), 1, at_least=1)
        if plant != "label_delay":
            yield from _errors(plant, run)
    yield from _late(judged("label_delay"))
    for plant in ("clustered_errors", "retries"):
        run = judged(plant)
        row = run.accuracy[CLASS, "all"]
        ratio = row["n_effective"] / row["n"]
        yield Figure(f"trials_per_review_{plant}", ratio, row["n"], at_most=0.97)
        yield from _errors(plant, run)
    run = judged("cohort_change")
    new = run.groups(is_later=True)["selected"]
    # nothing of the old cohort, and nothing of the new one lost but its last, immature days
    count = run.accuracy[CLASS, "all"]["n"]
    yield Figure("reviews_of_new_cohort", count, new, at_least=0.85 * new, at_most=new)
    yield from _segments(judged("simpson"))


def _errors(plant: str, run: Run) -> Iterator[Figure]:
    """The bound against the true error of the decisions taken alone."""
    counts, row = run.groups(route="delegated"), run.accuracy[CLASS, "all"]
    true = _share(counts)
    yield Figure(f"{plant}_error", true, counts["decisions"])
    estimate, n = float(row["estimate"]), row["n_effective"]
    if plant == "verification_bias":
        slack = 4 * sqrt(true * (1 - true) / n)
        yield Figure(f"{plant}_estimate", estimate, n, true - slack, true + slack)
        other = run.groups(route="surfaced")
        rate = other["other_overturned"] / other["other_reviewed"]
        yield Figure(f"{plant}_reviewed_only", rate, other["other_reviewed"], true + 0.04)
    else:
        yield Figure(f"{plant}_estimate", estimate, n)
    yield Figure(f"{plant}_bound", float(row["bound"]), n, at_least=true)


def _late(run: Run) -> Iterator[Figure]:
    """Mature and still without a label is wrong, so late labels never look better than they are."""
    counts, row = run.groups(), run.accuracy[CLASS, "all"]
    seen = counts["overturned"] / counts["reviewed"]
    yield Figure("label_delay_error", _share(counts), counts["decisions"])
    yield Figure("label_delay_among_labelled", seen, counts["reviewed"])
    estimate = float(row["estimate"])
    yield Figure("label_delay_estimate", estimate, row["n_effective"], at_least=seen)


def _segments(run: Run) -> Iterator[Figure]:
    """Each region is worse later and the whole is better; every region has a bound of its own."""
    for region in ("EU", "US", "APAC"):
        early, late = (run.groups(OTHER, region=region, is_later=later) for later in (False, True))
        growth = _share(late) / _share(early)
        yield Figure(f"simpson_growth_{region}", growth, late["errors"], at_least=1)
        both = run.groups(OTHER, region=region)
        row = run.accuracy[OTHER, f"region={region}"]
        bound = float(row["bound"])
        yield Figure(f"simpson_bound_{region}", bound, row["n"], at_least=_share(both))
    early, late = (run.groups(OTHER, is_later=later) for later in (False, True))
    yield Figure("simpson_growth_all", _share(late) / _share(early), late["errors"], at_most=1)


def _share(counts: dict[str, int]) -> float:
    return counts["errors"] / counts["decisions"]


def judged(plant: str) -> Run:
    """The procurement workflow with the plant (none: as it is), landed, prepared, decided."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        project = procurement(Path(folder), patch)
        data = project.root / "data" / "procurement"
        shutil.rmtree(data)
        written = simulate(data, end=AS_OF, plants=[plant] if plant else [])
        land_all(project)
        decided = decide(project)
        return Run(written["truth"], decided.criteria, _accuracy(project))


def _accuracy(project: Project) -> dict[tuple[str, str], dict[str, Any]]:
    """Accuracy rows of the cohort that decided last, by class and segment."""
    with closing(warehouse.connect(project.warehouse, read_only=True)) as connection:
        result = connection.execute(
            "SELECT * FROM evidence.estimates WHERE criterion_id = 'accuracy'"
            " ORDER BY evidence_newest_date NULLS FIRST, window_start"
        )
        names = [column[0] for column in result.description]
        rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return {(row["decision_class"], row["segment"]): row for row in rows}
