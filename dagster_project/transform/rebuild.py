"""A large rebuild of the facts, some landing batches at a time, so that memory stays bounded.

Which batches a build has made stands in ``intermediate.made_batches``. Whether the heavy lane has
changed since then only dbt knows (``build_id``), so after a change of any dbt file the first part
is run, and what it says of its own batches decides whether the others have to be made again too.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from pathlib import Path

from dagster_project import warehouse
from dagster_project.files import write_durably
from dagster_project.settings import Project
from dagster_project.transform.bridge import UPTO_BATCH, inputs_digest, run_dbt

# about 2 GB and 20 s in DuckDB with two threads; one batch is never divided
PART_ROWS = 2_000_000
BUILD_FACTS = (
    *("build", "--quiet", "--no-write-json"),
    *("--select", "+config.schema:facts", "--exclude-resource-type", "test"),
)


def rebuild_in_parts(
    project: Project,
    rows: Mapping[str, int],
    on_part: Callable[[str], None] = lambda _: None,
    part_rows: int = PART_ROWS,
) -> int:
    """Make the facts part by part until at most ``part_rows`` landed rows are left to the caller.

    ``rows``: landed rows per batch. ``on_part`` is told each part's last batch. Returns the number
    of parts. Raises DbtFailedError; the parts before it are made and need not be made again.
    """
    parts, left = 0, sorted(rows)
    build_id = "" if _is_stale(project) else _build_id(project, left)
    while True:
        made = _made(project, build_id)
        left = [batch for batch in left if batch not in made]
        part = _first(left, rows, part_rows)
        if part == left:
            return parts
        on_part(part[-1])
        run_dbt(project, *BUILD_FACTS, **{UPTO_BATCH: part[-1]})
        parts += 1
        build_id = _build_id(project, part)
        left = left[len(part) :]


def note_prepared(project: Project) -> None:
    """The facts are those of the dbt files as they are now."""
    write_durably(_stamp_path(project), inputs_digest(project).encode())


def missing_frozen(project: Project, frozen: Collection[str]) -> list[str]:
    """Of ``frozen`` batches, those whose facts this warehouse does not hold."""
    return sorted(set(frozen) - {batch for batch, _ in _log(project)})


def forget_unfrozen(project: Project, frozen: Collection[str]) -> None:
    """The next build makes all batches again but the ``frozen`` ones."""
    with closing(warehouse.connect(project.warehouse)) as connection:
        connection.execute(
            "DELETE FROM intermediate.made_batches WHERE NOT list_contains($frozen, landing_batch)",
            {"frozen": sorted(frozen)},
        )


def _first(batches: list[str], rows: Mapping[str, int], part_rows: int) -> list[str]:
    """As many of the first batches as fit, at least one."""
    total = 0
    for count, batch in enumerate(batches):
        total += rows[batch]
        if count and total > part_rows:
            return batches[:count]
    return batches


def _is_stale(project: Project) -> bool:
    stamp = _stamp_path(project)
    return not stamp.is_file() or stamp.read_bytes() != inputs_digest(project).encode()


def _stamp_path(project: Project) -> Path:
    return project.warehouse.with_name("prepared.inputs")


def _build_id(project: Project, batches: list[str]) -> str:
    """The build of the newest of ``batches`` that the change log knows."""
    known = {batch: build for batch, build in _log(project) if batch in set(batches)}
    return known[max(known)] if known else ""


def _made(project: Project, build_id: str) -> set[str]:
    return {batch for batch, build in _log(project) if build == build_id}


def _log(project: Project) -> list[tuple[str, str]]:
    """(batch, build id) of the change log; empty before the first build."""
    if not project.warehouse.is_file():
        return []
    with closing(warehouse.connect(project.warehouse, read_only=True)) as connection:
        known = connection.execute(
            "SELECT 1 FROM information_schema.tables WHERE table_schema = 'intermediate'"
            " AND table_name = 'made_batches'"
        ).fetchone()
        if known is None:
            return []
        return connection.execute(
            "SELECT landing_batch, build_id FROM intermediate.made_batches"
            " WHERE model = 'intermediate.int_decisions__changes'"
        ).fetchall()
