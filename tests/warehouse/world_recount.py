"""What facts must say of raw records, by looking at one decision at a time."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta

LABEL_DELAY_DAYS = 20
MEASURES = 8


def naive_shown(visible: list[tuple[str, dict]]) -> dict[str, int]:
    """Reviews in pairs and confidence by kind, in hundredths."""
    totals: Counter[str] = Counter()
    versions = defaultdict(list)
    for stream, record in visible:
        if stream == "decisions" and record not in versions[record["decision_id"]]:
            versions[record["decision_id"]].append(record)
    for name, (decision, *others) in versions.items():
        if others:
            continue
        reviews = [r for s, r in visible if s == "reviews" and r["decision_id"] == name]
        words = naive_words(reviews)
        if len(words) == 2:
            wrong = sum(words.values())
            totals[("right", "differ", "wrong")[wrong]] += 1
        samples = [r for s, r in visible if s == "audit_sample" and r["decision_id"] == name]
        label = naive_label(reviews)
        if samples and label and all(r["inclusion_probability"] == 0.5 for r in samples):
            kind = decision.get("confidence_method", "(unknown)")
            hundredths = round(100 * decision.get("confidence", 0))
            totals[kind] += hundredths
            totals[f"{kind} wrong"] += hundredths * (label == "incorrect")
    return {name: count for name, count in totals.items() if count}


def naive_words(reviews: list[dict]) -> dict[str, bool]:
    """Reviewer → whether any of their blind reviews found it wrong."""
    words: dict[str, bool] = {}
    for review in reviews:
        is_clear = all(r == review for r in reviews if r["review_id"] == review["review_id"])
        if is_clear and review["is_blind"] and review["verdict"] != "cannot_judge":
            who = review["reviewer_id"]
            words[who] = words.get(who, False) or review["verdict"] != "agree"
    return words


def naive(visible: list[tuple[str, dict]]) -> list[int]:
    """Decisions, drawn, labelled, wrong, wrong too late, right too late, labelled though not drawn,
    wrong of these, as `fct_samples_weekly` counts them."""
    totals = [0] * MEASURES
    decisions = defaultdict(list)
    for stream, record in visible:
        if stream == "decisions" and record not in decisions[record["decision_id"]]:
            decisions[record["decision_id"]].append(record)
    for name, versions in decisions.items():
        samples = [r for s, r in visible if s == "audit_sample" and r["decision_id"] == name]
        selected = bool(samples)
        reviews = [r for s, r in visible if s == "reviews" and r["decision_id"] == name]
        decided = min(datetime.fromisoformat(each["occurred_at"]) for each in versions)
        totals[4] += selected and naive_late(reviews, decided)
        if len(versions) > 1:
            totals[1] += selected  # conflicting: drawn, without a label; unreadable elsewhere
            continue
        sound = selected and all(sample["inclusion_probability"] == 0.5 for sample in samples)
        label = naive_label(reviews)
        totals[0] += 1
        totals[1] += selected
        totals[2] += sound and label is not None
        totals[3] += sound and label == "incorrect"
        totals[5] += sound and label == "correct" and naive_slow(reviews, decided)
        totals[6] += not selected and label is not None
        totals[7] += not selected and label == "incorrect"
    return totals


def naive_slow(reviews: list[dict], decided: datetime) -> bool:
    """Whether nobody approved before its labels counted as mature."""
    last = decided.date() + timedelta(days=LABEL_DELAY_DAYS)
    return not any(
        review["verdict"] == "agree"
        and review["is_blind"]
        and datetime.fromisoformat(review["reviewed_at"]).date() <= last
        for review in reviews
    )


def naive_late(reviews: list[dict], decided: datetime) -> bool:
    """Whether it was found wrong after its labels counted as mature."""
    for review in reviews:
        if any(other != review for other in reviews if other["review_id"] == review["review_id"]):
            return True  # contradicted when it landed again, 40 days and more after the first
        seen = datetime.fromisoformat(review["reviewed_at"]).date()
        is_wrong = review["verdict"] not in ("agree", "cannot_judge")
        if is_wrong and seen > decided.date() + timedelta(days=LABEL_DELAY_DAYS):
            return True
    return False


def naive_label(reviews: list[dict]) -> str | None:
    by_id = defaultdict(list)
    for review in reviews:
        if review not in by_id[review["review_id"]]:
            by_id[review["review_id"]].append(review)
    words = [versions[0] for versions in by_id.values()]
    if any(len(versions) > 1 for versions in by_id.values()):
        return "incorrect"
    # an overturn always counts, whoever agrees later; so does a verdict that nobody can read
    if any(review["verdict"] not in ("agree", "cannot_judge") for review in words):
        return "incorrect"
    if any(review["verdict"] == "agree" and review["is_blind"] for review in words):
        return "correct"
    return None
