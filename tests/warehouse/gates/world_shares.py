"""What random worlds reach: levels, stages, rungs, rails; what none reaches is not tested."""

from itertools import product

from oracle_criteria import WORST_FIRST, Row, Tables
from oracle_ladder import STAGES
from oracle_map import LEVELS
from oracle_rollout import RUNGS

LEAST_SHARE = 0.03  # of the worlds, for each of them
SEGMENTS = ("all", "segment")
REACHABLE = [
    *(f"level {level} ({of})" for level, of in product(LEVELS, SEGMENTS)),
    *(f"stage {stage} ({of})" for stage, of in product(STAGES, SEGMENTS)),
    *(f"segment {side} the whole" for side in ("above", "below")),
    *("raised", "demoted", "revoked, else above", "held by waivers"),
    *("amount limited", "amount unsupported", "above its evidence", "not proven as a whole"),
    *(f"gate {word}" for word in WORST_FIRST[:-1]),
    *(f"waiver {state}" for state in ("open", "expired", "not_yet", "void")),
    # nothing proves the last rung; steps onto it pass
    *(f"rung {rung} proven" for rung in RUNGS[:-1]),
    *(f"step {rung} pass" for rung in RUNGS),
    *(f"step {verdict}" for verdict in ("error", "fail", "insufficient")),
    *(f"rail {word}" for word in ("shared", "one_off", "missing")),
    *(f"rail {state}" for state in ("working", "stale", "not_passed", "none")),
]

# the laws are held against worlds that are settled, which must not leave all to people
OF_LAWS = [name for name in REACHABLE if name.split()[0] in ("level", "stage", "rung")]


def reached(world: Tables, judged: Tables) -> set[str]:
    """Which of those a world reaches, by what the oracle says of it."""
    found = of_levels(judged["gate_levels"], world["evidence.recorded_levels"])
    found |= {f"gate {row['verdict']}" for row in judged["gate_ladder"]}
    found |= {f"waiver {row['state']}" for row in judged["gate_waivers"]}
    found |= {f"rung {row['rung']} proven" for row in judged["gate_rungs"] if row["is_proven"]}
    for row in judged["gate_expansion_steps"]:
        is_pass = row["verdict"] == "pass"
        found.add(f"step {row['rung']} pass" if is_pass else f"step {row['verdict']}")
    for row in judged["gate_rails"]:
        found |= {f"rail {row['coverage']}", f"rail {row['evidence_state']}"}
    return found & set(REACHABLE)


def of_levels(levels: list[Row], recorded: list[Row]) -> set[str]:
    before = {(row["decision_class"], row["segment"]): row["effective_level"] for row in recorded}
    whole = {row["decision_class"]: row for row in levels if row["segment"] == "all"}
    found = set()
    for row in levels:
        of = SEGMENTS[row["segment"] != "all"]
        level = LEVELS.index(row["effective_level"])
        found |= {f"level {row['effective_level']} ({of})", f"stage {row['stage']} ({of})"}
        last = before.get((row["decision_class"], row["segment"]))
        rest = LEVELS.index(whole[row["decision_class"]]["effective_level"])
        is_limited = row["gates_passed"] >= 4 and row["declared_level"] in LEVELS[2:]
        ways = {
            "raised": last and level > LEVELS.index(last),
            "demoted": last and level < LEVELS.index(last),
            "segment above the whole": level > rest,
            "segment below the whole": level < rest,
            "revoked, else above": row["is_revoked"] and row["gates_passed"] >= 4,
            "held by waivers": row["gates_passed"] < 3 and level == 1,
            "amount limited": level > 1 and row["supported_amount_limit"] != row["amount_limit"],
            "amount unsupported": is_limited and not row["is_amount_supported"],
            "above its evidence": not row["is_within_evidence"],
            "not proven as a whole": is_limited and not row["is_proven_as_a_whole"],
        }
        found |= {way for way, is_so in ways.items() if is_so}
    return found
