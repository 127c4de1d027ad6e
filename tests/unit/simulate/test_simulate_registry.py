"""The demo registry and the simulator's plan speak about the same company."""

import csv
from decimal import Decimal

import pytest
from simulated_world import BUNDLED

from dagster_project.simulate.plan import (
    CLASSES,
    COHORT,
    INPUT_PRICE,
    KPIS,
    OUTPUT_PRICE,
    REVIEWERS,
    WORKFLOW,
    ClassPlan,
)

REGISTRY = BUNDLED.parents[1] / "seeds" / "registry"
LEVEL_OF_ROUTE = {
    "delegated": {"delegate", "delegate_with_audit"},
    "surfaced": {"surface"},
    "human": {"human_only"},
}


def seed(name: str) -> list[dict[str, str]]:
    with (REGISTRY / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("plan", CLASSES, ids=lambda plan: plan.action)
def test_a_simulated_class_is_registered_mapped_and_sampled_alike(plan: ClassPlan) -> None:
    registered = {row["decision_class"]: row for row in seed("decision_classes")}
    row = registered[plan.decision_class]
    assert row["review_pool"] == plan.pool
    assert row["declared_level"] in LEVEL_OF_ROUTE[plan.route]
    assert row["label_outcome"] == ""
    mapped = {row["match_value"]: row for row in seed("class_mapping") if row["source"] == WORKFLOW}
    assert mapped[plan.action]["decision_class"] == plan.decision_class
    rates = {row["decision_class"]: row["inclusion_probability"] for row in seed("audit_rates")}
    assert float(rates[plan.decision_class]) == plan.inclusion_probability


def test_an_amount_boundary_is_the_one_the_simulator_keeps() -> None:
    limits = {row["decision_class"]: row["amount_limit"] for row in seed("decision_classes")}
    for plan in CLASSES:
        if limits[plan.decision_class]:
            assert float(limits[plan.decision_class]) == plan.amount_limit


def test_pools_reviewers_kpis_and_the_price_agree() -> None:
    pools = [(row["reviewer_id"], row["review_pool"]) for row in seed("reviewers")]
    assert pools == [(name, pool) for pool, names in REVIEWERS.items() for name in names]
    counts = {row["review_pool"]: int(row["reviewer_count"]) for row in seed("review_pools")}
    assert all(counts[pool] == len(names) for pool, names in REVIEWERS.items())
    kpis = {
        (row["kpi"], row["unit"]) for row in seed("kpi_registry") if row["workflow"] == WORKFLOW
    }
    assert kpis == {(kpi.metric, kpi.unit) for kpi in KPIS}
    [price] = seed("price_list")
    assert price["model"] == COHORT["model"]
    assert float(price["input_price_per_million"]) == INPUT_PRICE
    assert float(price["output_price_per_million"]) == OUTPUT_PRICE


def test_there_are_68_classes_which_share_the_whole_alpha() -> None:
    classes = seed("decision_classes")
    assert len({row["decision_class"] for row in classes}) == len(classes) == 68
    assert sum(Decimal(row["alpha_weight"]) for row in classes) == 1
    mapped = [row["decision_class"] for row in seed("class_mapping")]
    assert sorted(mapped) == sorted(row["decision_class"] for row in classes)
