"""Random worlds for the gates: registry, cohorts, builds, evidence; most good, some worse."""

import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from governed import recorded, revocations, sign_offs, waivers
from oracle import FACTS, judge_world
from oracle_criteria import Row, Tables
from oracle_map import LEVELS
from oracle_thresholds import FIRST_DAY
from product_rows import PRODUCT
from world_bands import add_bands
from world_hindrances import hinder
from world_rollout import add_rollout

KNOWN, LATER = "b5", "b6"
ROLES = ("business", "risk", "technical")
STATUSES = ("ok", "insufficient", "stale", "error", "odd", None)
STEPS = [Decimal(step) for step in ("0", "0.000000001", "0.01", "3")]


def world(seed: int) -> Tables:
    return Maker(seed).made()


class Maker:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.dice = random.Random(seed)
        self.fault = self.dice.choice((0, 0, 0.01, 0.05, 0.3))
        # whose classes ask for what they may get, and whose evidence follows a loosened threshold
        self.is_orderly = self.fault <= 0.01 and self.dice.random() < 0.85
        self.as_of = date(2025, 3, 1) + timedelta(days=self.dice.randrange(60))
        self.first = (FIRST_DAY - self.as_of).days  # of which the product's own thresholds are
        self.tables: Tables = {
            "landing.run_context": [{"as_of": self.as_of, "known_batch": KNOWN}],
            "registry.criteria": [dict(row) for row in PRODUCT],
        }

    def wrong(self, times: float = 1) -> bool:
        return self.dice.random() < self.fault * times

    def days(self, number: int) -> date:
        return self.as_of + timedelta(days=number)

    def made(self) -> Tables:
        self.registry()
        self.people()
        self.thresholds()
        self.cohorts()
        self.builds()
        recorded(self)
        self.tables |= {"evidence.estimates": [], "evidence.data_fit": [], "registry.sign_offs": []}
        self.evidence()
        if self.is_orderly:
            hinder(self)
        add_bands(self)
        sign_offs(self)
        waivers(self)
        revocations(self)
        add_rollout(self.tables, self.seed, self.as_of, is_orderly=self.is_orderly)
        return self.tables

    def registry(self) -> None:
        pick = self.dice.choice
        for row in self.tables["registry.criteria"]:
            if self.wrong(0.1):
                name = pick(("threshold", "max_age_days", "applies_to", "comparison"))
                row[name] = pick(("odd", None)) if name in ("applies_to", "comparison") else None
        many = (1, 2, 3, 3) if self.is_orderly else (1, 2, 3)
        flows = ["alpha", "beta", "gamma"][: pick(many)]
        self.tables["registry.segments"] = [
            {"workflow": flow, "segment_dimension": dimension, "segment_value": value}
            | {"is_delegated_alone": pick((*[True] * 8, False, None))}
            for flow in flows
            for dimension in ("region", "team")[: self.dice.randint(0, 2)]
            for value in ("EU", 'n"ö;1', "US")[: self.dice.randint(1, 3)]
        ]
        self.tables["registry.decision_classes"] = [
            self.decision_class(f"{flow}.class_{number}", flow)
            for flow in flows
            for number in range(pick((1, 2, 2)))
        ]

    def decision_class(self, name: str, flow: str) -> Row:
        pick = self.dice.choice
        level = pick((*LEVELS, "delegate")) if not self.wrong() else pick(("odd", None))
        cost = pick(("low", "low", "medium", "high", None))
        if self.is_orderly and level == "delegate" and cost != "low":
            level = "delegate_with_audit"
        text: Row = {
            "decision_class": name,
            "workflow": flow,
            "error_cost": cost,
            "reversibility": pick(
                ("easy", "hard", "easy", "irreversible" if self.wrong(3) else "")
            ),
            "is_regulated": pick((True, None)) if self.wrong() else False,
            "declared_level": level,
        }
        for column in ("boundary", "currency", "label_outcome", "review_pool", "taxonomy_version"):
            text[column] = pick((None, column, f"{column} = 'x' and y <= 3"))
        for column in ("label_delay_days", "latency_limit_ms", "review_wait_minutes"):
            text[column] = pick((None, 7, 5000))
        for column, places in (("amount_limit", 4), ("cost_of_delay_amount", 4)):
            text[column] = pick((None, Decimal("50000").quantize(Decimal(1).scaleb(-places))))
        text |= {"error_cost_amount": pick((None, Decimal("14.50")))}
        text |= {"operating_confidence": pick((None, Decimal("0.80")))}
        text |= {"cost_cap_amount": pick((None, Decimal("2.5000")))}
        return text | {"alpha_weight": Decimal("0.25"), "required_fields": pick((None, "a|b"))}

    def people(self) -> None:
        names = [f"person {number}" for number in range(6)]
        self.tables["registry.people"] = [
            {"person_id": name, "is_active": not self.wrong(2)} for name in names
        ]
        flows = sorted({row["workflow"] for row in self.tables["registry.decision_classes"]})
        self.tables["registry.owners"] = [
            {
                "workflow": flow,
                "role": role,
                "person_id": name,
                "valid_from": self.days(self.dice.choice((-90, 0, 1 if self.wrong(3) else -1))),
                "valid_until": self.days(self.dice.choice((0, 1) if self.wrong(3) else (1, 90)))
                if self.dice.random() < 0.5
                else None,
            }
            for flow in flows
            for role, name in self.holders(names)
        ]

    def holders(self, names: list[str]) -> list[tuple[str, str]]:
        pairs = list(zip(ROLES, self.dice.sample(names, 3), strict=True))
        if self.dice.random() < 0.3:
            pairs.append((self.dice.choice(ROLES), self.dice.choice(names)))
        if self.wrong(3):
            pairs.append(("risk", pairs[0][1]))
        return pairs

    def thresholds(self) -> None:
        rows = self.tables["registry.thresholds"] = []
        for criterion in PRODUCT:
            own = [r["decision_class"] for r in self.tables["registry.decision_classes"]]
            for one in [None, *own]:
                if self.dice.random() > 0.1:
                    continue
                for _ in range(self.dice.randint(1, 3)):
                    shift = self.dice.choice((-1, 0, 1, 1)) * self.dice.choice(STEPS)
                    day = self.dice.choice((self.first, -400, -60, -30, -7, 0, 1))
                    value = criterion["threshold"] + shift
                    rows.append(
                        {
                            "criterion_id": criterion["criterion_id"],
                            "decision_class": one,
                            "threshold": None if self.wrong(0.3) else value,
                            "effective_from": None if self.wrong(0.3) else self.days(day),
                        }
                    )
        if not self.fault:
            rows[:] = {
                (r["criterion_id"], r["decision_class"], r["effective_from"]): r for r in rows
            }.values()

    def cohorts(self) -> None:
        rows = self.tables["facts.fct_cohorts"] = []
        for one in self.tables["registry.decision_classes"]:
            if self.wrong():
                continue
            for number in range(self.dice.randint(1, 3)):
                first = self.days(self.dice.choice((-60, -30, 0, 1)) if number else -30)
                rows.append(
                    {
                        "decision_class": one["decision_class"],
                        "cohort_id": f"c{self.dice.randint(1, 3)}",
                        "landing_batch": self.dice.choice(("b1", KNOWN, KNOWN, LATER)),
                        "build_id": "build",
                        "first_event_at": datetime.combine(first, time(23, 59), UTC),
                        "newest_event_at": datetime.combine(
                            self.days(self.dice.choice((-1, 0))), time(12), UTC
                        ),
                    }
                )

    def builds(self) -> None:
        others = [fact for fact in FACTS if fact != "fct_cohorts"]
        for fact in self.dice.sample(others, 3):
            batch = self.dice.choice(("b1", KNOWN))
            self.tables[f"facts.{fact}"] = [{"landing_batch": batch, "build_id": "build"}]
        if self.wrong(0.3):
            self.tables[f"facts.{self.dice.choice(others)}"] = [
                {"landing_batch": KNOWN, "build_id": self.dice.choice(("other", None))}
            ]

    def evidence(self) -> None:
        known = judge_world(self.tables)
        criteria = {row["criterion_id"]: row for row in PRODUCT}
        cells = {
            (row["decision_class"], row["criterion_id"], row["evidence_segment"]): row
            for row in known["gate_due"]
        }
        for (name, criterion, segment), due in cells.items():
            if criterion == "expectations_met" and self.dice.random() > 0.02:
                continue
            good = self.good(due, criteria[criterion]["comparison"])
            good |= {"decision_class": name, "criterion_id": criterion, "segment": segment}
            self.tables["evidence.estimates"] += self.spoilt(good, due) if self.wrong() else [good]
        for one in self.tables["registry.decision_classes"]:
            self.tables["evidence.data_fit"] += self.data_fit(one["decision_class"])

    def good(self, due: Row, comparison: str) -> Row:
        threshold = due["threshold"] if due["threshold"] is not None else Decimal(1)
        better = -1 if comparison == "at_most" else 1
        bound = threshold + better * self.dice.choice(STEPS)
        newest = self.days(
            self.dice.choice((0, -1, -due["max_age_days"] if due["max_age_days"] else 0))
        )
        loosened = due["loosened_from"] if self.is_orderly or self.dice.random() < 0.8 else None
        return {
            "as_of": self.as_of,
            "known_batch": KNOWN,
            "cohort_id": self.dice.choice((due["cohort_id"], "*")),
            "estimate": bound,
            "bound": bound,
            "refuting_bound": self.dice.choice((None, bound, bound + better * STEPS[2])),
            "threshold_used": due["threshold"],
            "alpha": self.dice.choice((None, Decimal("0.05"))),
            "method": "exact",
            "n": self.dice.choice((1, 100)),
            "n_effective": 1,
            "n_missing": 0,
            "n_needed": self.dice.choice((None, 12)),
            "window_start": self.dice.choice((loosened, loosened or self.days(-50))),
            "window_end": self.as_of,
            "evidence_newest_date": max(newest, loosened) if loosened else newest,
            "status": "ok",
            "reason": self.dice.choice((None, "said by the maker")),
        }

    def spoilt(self, good: Row, due: Row) -> list[Row]:
        pick = self.dice.choice
        faults = self.faults(good, due)
        bad = good | faults[pick(list(faults))]
        if self.dice.random() < 0.3:
            bad |= faults[pick(list(faults))]
        return pick(([bad], [bad], [bad], [good, bad], []))

    def faults(self, good: Row, due: Row) -> dict[str, dict[str, Any]]:
        pick, threshold = self.dice.choice, due["threshold"] or Decimal(1)
        age = due["max_age_days"] or 28
        loosened = due["loosened_from"] or self.days(-20)
        beyond = threshold + pick((1, -1)) * pick(STEPS)
        return {
            "run": {"as_of": self.days(-1)},
            "batch": {"known_batch": LATER},
            "cohort": {"cohort_id": pick(("c1", "c2", "c3", None))},
            "bound": {"bound": pick((None, beyond))},
            "refuted": {"refuting_bound": beyond},
            "limit": {"threshold_used": pick((None, beyond))},
            "empty": {"n": pick((None, 0, -1))},
            "status": {"status": pick(STATUSES)},
            "newest": {"evidence_newest_date": pick((None, self.days(1), self.days(-age - 1)))},
            "loosened": {"window_start": loosened - timedelta(days=pick((0, 1)))},
            "early": {"window_start": None, "evidence_newest_date": loosened - timedelta(days=1)},
            "place": {"segment": "region=elsewhere"},
            "name": {"criterion_id": pick(("odd", "accuracy", "latency"))},
            "silent": {"reason": None, "status": "stale"},
            "none": {},
        }

    def data_fit(self, name: str) -> list[Row]:
        row: Row = {
            "as_of": self.as_of,
            "known_batch": KNOWN,
            "decision_class": name,
            "expected_count": 5,
            "evaluated_count": 5,
            "met_count": 5,
            "raised_count": 0,
            "too_few_count": 0,
            "row_count": 1,
            "failing": None,
        }
        while self.wrong(3) or self.dice.random() < 0.02:
            column = self.dice.choice([name for name in row if name.endswith("_count")])
            row[column] = max(0, row[column] + self.dice.choice((-1, 1)))
            row["failing"] = self.dice.choice((None, "one"))
        return [row] * (self.dice.choice((0, 2)) if self.wrong(0.5) else 1)
