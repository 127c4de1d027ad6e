"""A naive gate in plain Python, for tests alone: what a single criterion is worth.

Written from docs/concepts.md, row by row and with nothing but dicts, so that it shares no idea of
how to do it with the SQL that it is held against.
"""

from typing import Any

Row = dict[str, Any]
Tables = dict[str, list[Row]]
WORST_FIRST = ["error", "fail", "stale", "insufficient", "pass", "not_applicable"]
TESTS = ["reversibility", "value_at_risk", "confidence_quality", "review_capacity"]
ABOUT_THE_MAP = ["level_within_evidence", "signed_by_business", "signed_by_risk"]
SHOWN = [
    *("estimate", "bound", "refuting_bound", "threshold_used", "alpha", "method", "n"),
    *("n_effective", "n_missing", "n_needed", "window_start", "window_end"),
    *("evidence_newest_date", "status", "reason"),
]


def criterion_verdict(row: Row) -> str:
    if row["is_applicable"] is False:
        return "not_applicable"
    if cannot_be_evaluated(row):
        return "error"
    if row["build_count"] == 0:
        return "insufficient"
    if row["evidence_count"] is None:
        return "stale" if row["other_cohort_count"] else "insufficient"
    if row["threshold_used"] != row["threshold"]:
        return "error"
    if row["status"] == "stale":
        return "stale"
    if is_refuted(row):
        return "fail"
    if is_too_old(row) or is_from_before_a_loosening(row):
        return "stale"
    return "pass" if is_proven(row) else "insufficient"


def cannot_be_evaluated(row: Row) -> bool:
    """One threshold, one build and one piece of evidence at most, and none that raised."""
    return (
        row["is_applicable"] is None
        or row["threshold"] is None
        or row["threshold_count"] != 1
        or row["build_count"] is None
        or row["build_count"] > 1
        or (row["evidence_count"] or 0) > 1
        or row["status"] == "error"
    )


def is_refuted(row: Row) -> bool:
    shown, threshold = row["refuting_bound"], row["threshold"]
    if shown is None:
        return False
    return (row["comparison"] == "at_most" and shown > threshold) or (
        row["comparison"] == "at_least" and shown < threshold
    )


def is_too_old(row: Row) -> bool:
    newest, limit = row["evidence_newest_date"], row["max_age_days"]
    return newest is not None and limit is not None and (row["as_of"] - newest).days > limit


def is_from_before_a_loosening(row: Row) -> bool:
    begins = row["window_start"] or row["evidence_newest_date"]
    loosened = row["loosened_from"]
    return begins is not None and loosened is not None and begins < loosened


def is_proven(row: Row) -> bool:
    """Called when it is neither too old nor from before a loosening, as far as that is known."""
    known = [row[name] for name in ("bound", "n", "evidence_newest_date", "max_age_days")]
    if row["status"] != "ok" or any(value is None for value in known):
        return False
    if row["n"] <= 0 or row["evidence_newest_date"] > row["as_of"]:
        return False
    if row["comparison"] == "at_most":
        return bool(row["bound"] <= row["threshold"])
    return row["comparison"] == "at_least" and bool(row["bound"] >= row["threshold"])


def badness(verdict: str | None) -> int:
    """The higher the worse; a word that is none of them is an error."""
    known = verdict if verdict in WORST_FIRST else "error"
    return len(WORST_FIRST) - WORST_FIRST.index(known)


def judge(due: list[Row], evidence: list[Row], context: Row, build_count: int) -> list[Row]:
    """Every due row with what was found for it, its verdict and who vetoes it."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in evidence:
        if (row["as_of"], row["known_batch"]) == (context["as_of"], context["known_batch"]):
            key = (row["criterion_id"], row["decision_class"], row["segment"])
            found.setdefault(key, []).append(row)
    judged = []
    for row in due:
        rows = found.get((row["criterion_id"], row["decision_class"], row["evidence_segment"]), [])
        own = [one for one in rows if one["cohort_id"] in (row["cohort_id"], "*")]
        others = [one for one in rows if one not in own and one["cohort_id"] is not None]
        seen: Row = {name: smallest(one[name] for one in own) for name in SHOWN}
        counts = {
            "evidence_count": len(own) or None,
            "other_cohort_count": len(others),
            "build_count": build_count,
        }
        judged.append({**row, **seen, **counts})
    for row in judged:
        row["own_verdict"] = row["verdict"] = criterion_verdict(row)
        row["vetoed_by"] = None
    own_verdicts = {(r["decision_class"], r["criterion_id"], r["segment"]): r for r in judged}
    for row, verdict, segment in [veto(row, own_verdicts.values()) for row in judged]:
        row["verdict"], row["vetoed_by"] = verdict, segment
    return judged


def veto(row: Row, judged: Any) -> tuple[Row, str, str | None]:
    """For `all`, the worst of all segments counts; a tie names `all`, else the first by name."""
    if row["segment"] != "all" or row["scope"] != "segment":
        return row, row["verdict"], None
    rivals = [
        other
        for other in judged
        if other["criterion_id"] == row["criterion_id"]
        and other["decision_class"] == row["decision_class"]
    ]
    worst = min(rivals, key=lambda r: (-badness(r["verdict"]), r["segment"] != "all", r["segment"]))
    return row, worst["verdict"], None if worst is row else worst["segment"]


def smallest(values: Any) -> Any:
    return min((value for value in values if value is not None), default=None)


def in_words(row: Row, verdict: str) -> str | None:
    """The reason beside a verdict: the first of these that is so."""
    is_old = is_from_before_a_loosening(row)
    low = high = above = below = None
    limit = None if row["threshold"] is None else f"{float(row['threshold']):.4g}"
    if row["refuting_bound"] is not None and limit:
        shown = f"{float(row['refuting_bound']):.4g}"
        low = f"at least {shown} is shown, at most {limit} allowed"
        high = f"at most {shown} is shown, {limit} needed"
    if row["bound"] is not None and limit:
        bound = f"the bound is {float(row['bound']):.4g}"
        above, below = f"{bound}, at most {limit} allowed", f"{bound}, {limit} needed"
    is_bounded_fail = verdict == "fail" and row["alpha"] is not None
    newest = row["evidence_newest_date"]
    is_aged = verdict == "stale" and newest is not None
    is_bare = row["reason"] is None and verdict in ("insufficient", "fail")
    known = [] if row["reason"] is None else [row["reason"]]
    age = "; ".join([*known, f"newest evidence is of {newest}"])
    said: list[tuple[Any, str | None]] = [
        (verdict == "not_applicable", row["not_applicable_reason"]),
        (verdict == "pass", None),
        (row["vetoed_by"], f"segment {row['vetoed_by']} does not pass"),
        (verdict == "insufficient" and row["build_count"] == 0, "nothing has landed yet"),
        ((row["build_count"] or 0) > 1, "facts of more than one build; run `penstock run`"),
        (is_bounded_fail and row["comparison"] == "at_most", low),
        (is_bounded_fail and row["comparison"] == "at_least", high),
        (row["threshold_count"] != 1, "no single threshold in force"),
        (
            row["evidence_count"] is None and row["other_cohort_count"] > 0,
            "the evidence belongs to another cohort",
        ),
        (row["evidence_count"] is None, "no evidence maker yet"),
        (is_old, f"evidence from before the threshold was loosened on {row['loosened_from']}"),
        (is_aged, age),
        (is_bare and row["comparison"] == "at_most", above),
        (is_bare and row["comparison"] == "at_least", below),
    ]
    return next((text for is_so, text in said if is_so), row["reason"])


def final(rows: list[Row]) -> list[Row]:
    """A test known to be weak still supports a declared `surface`: `all` where every segment is."""
    cells: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        cells.setdefault((row["decision_class"], row["criterion_id"]), []).append(row)
    found = []
    for row in rows:
        is_of_segments = row["segment"] == "all" and row["scope"] == "segment"
        beside = cells[row["decision_class"], row["criterion_id"]] if is_of_segments else []
        is_known = all(one["own_verdict"] == "pass" or is_known_weak(one) for one in beside)
        is_borne = is_known if beside else is_known_weak(row)
        seen = {name: value for name, value in row.items() if name != "own_verdict"}
        if row["verdict"] == "fail" and is_borne:
            found.append(seen | {"verdict": "pass", "reason": "weak, which `surface` allows"})
        else:
            found.append(seen | {"reason": in_words(row, row["verdict"])})
    return found


def is_known_weak(row: Row) -> bool:
    """Of a test of a declared `surface`, by evidence that is as good and as fresh as for a pass."""
    dates = [row["as_of"], row["evidence_newest_date"], row["max_age_days"]]
    return (
        row["own_verdict"] == "fail"
        and row["declared_level"] == "surface"
        and row["criterion_id"] in TESTS
        and row["status"] == "ok"
        and (row["n"] or 0) > 0
        and None not in dates
        and row["evidence_newest_date"] <= row["as_of"]
        and not is_too_old(row)
    )
