"""Whether sources still bring something: one asset check per source with event times."""

from datetime import datetime

import dagster as dg

from dagster_project.contracts.source_freshness import Freshness
from dagster_project.settings import Project

FRESH = "fresh"


def newest_landings(project: Project) -> dict[str, datetime]:
    """By relation, when a record of it landed last; what was known already is no landing."""
    from dagster_project.landing.manifest import read_entries

    found: dict[str, datetime] = {}
    for entry in read_entries(project.landing):
        if entry.landed_count:
            moment = datetime.fromisoformat(entry.landed_at)
            found[entry.relation] = max(moment, found.get(entry.relation, moment))
    return found


def check_freshness(
    asset: dg.AssetKey, limits: Freshness, last: datetime | None, now: datetime
) -> dg.AssetCheckResult:
    """Passes below both limits; a source that never brought anything is late."""
    age = None if last is None else now - last
    is_error = limits.error_after is not None and (age is None or age >= limits.error_after)
    is_late = limits.warn_after is not None and (age is None or age >= limits.warn_after)
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=FRESH,
        passed=not (is_error or is_late),
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        description="nothing landed yet" if last is None else f"last landed {last.isoformat()}",
    )
