"""Where decisions lie that may belong to a cell without saying so."""

import itertools
from functools import lru_cache

from dagster_project.names import ABSENT, COHORT_SEPARATOR, UNKNOWN

ANY_COHORT = "*"


@lru_cache(maxsize=1 << 16)  # every maker asks for every cell
def stray_places(segment: str, cohort: str, seen: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Segments and cohorts of ``Context.strays``, without these two; ``seen``: the class's."""
    segments = {segment, segment_unknown(segment) or segment}
    near = {c for c in seen if cohort != ANY_COHORT and may_be_cohort(c, cohort)}
    places = itertools.product(sorted(segments), sorted({cohort, UNKNOWN} | near))
    return tuple(place for place in places if place != (segment, cohort))


def segment_unknown(segment: str) -> str | None:
    """Where decisions lie that could belong to ``segment``: ``region=(unknown)``, None for all."""
    dimension, equals, value = segment.partition("=")
    return f"{dimension}={UNKNOWN}" if equals and value != UNKNOWN else None


def may_be_cohort(logged: str, cohort: str) -> bool:
    """Whether what was logged under ``logged`` may be of ``cohort``: absent parts fit any."""
    known, others = logged.split(COHORT_SEPARATOR), cohort.split(COHORT_SEPARATOR)
    if ABSENT not in (*known, *others):
        return logged == cohort
    # a separator within a part: nobody can tell the parts, so it may be any
    return len(known) != len(others) or all(
        mine == other or ABSENT in (mine, other) for mine, other in zip(known, others, strict=True)
    )
