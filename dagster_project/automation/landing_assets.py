"""Landing as one step (all declared sources, one batch), then the row that says what is known."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

from dagster_project.automation.dbt_assets import WAREHOUSE_POOL
from dagster_project.automation.freshness import FRESH, check_freshness, newest_landings
from dagster_project.contracts.source_freshness import Freshness
from dagster_project.contracts.sources import SourceTable
from dagster_project.settings import Project

if TYPE_CHECKING:
    from dagster_project.landing.reports import FileReport

BOOKS = ("files", "quarantine", "reviewers")
MISSING = "the warehouse lacks the frozen facts of landing batch {}: restore it from its backup"
RUN_CONTEXT = dg.AssetKey(["landing", "run_context"])


class LandedFilesChangedError(RuntimeError):
    """Landed files are not what the manifest says; the text names them."""


class ContextConfig(dg.Config):
    """``as_of``: last business day looked at, ISO. ``known_at``: what had landed by then, ISO."""

    as_of: str | None = None
    known_at: str | None = None


def landing_asset(
    project: Project, sources: Sequence[SourceTable], freshness: Mapping[str, Freshness]
) -> dg.AssetsDefinition:
    """One asset per declared source table, and the two books that account for them.

    ``freshness`` by relation: such a source has a check that it still brings something.
    """

    @dg.multi_asset(
        name="land",
        specs=[*map(_source_spec, sources), *map(_book_spec, BOOKS)],
        check_specs=[dg.AssetCheckSpec(FRESH, asset=_key(name)) for name in sorted(freshness)],
    )
    def land_sources(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        from dagster_project.landing.land import land  # pyarrow: not while loading

        def tell(file: "FileReport") -> None:
            context.log.info(f"{file.file}: {file.status}, {file.landed_count} rows")

        report = land(project, sources, on_file=tell)
        landed = newest_landings(project)
        for source in sources:
            files = [
                f for f in report.files if (f.source, f.table) == (source.source, source.table)
            ]
            yield dg.MaterializeResult(
                asset_key=_key(source.relation),
                check_results=[
                    check_freshness(
                        _key(source.relation),
                        limits,
                        landed.get(source.relation),
                        datetime.now(UTC),
                    )
                    for name, limits in freshness.items()
                    if name == source.relation
                ],
                metadata={
                    "files": len(files),
                    "dagster/row_count": sum(file.landed_count for file in files),
                    "quarantined": sum(file.quarantined_count for file in files),
                    "unaccountable": [f.file for f in files if f.status == "unaccountable"],
                },
            )
        for book in BOOKS:
            yield dg.MaterializeResult(asset_key=_key(book), metadata=dict(report.totals))

    return land_sources


def run_context_asset(project: Project) -> dg.AssetsDefinition:
    """Verify the registry and what has landed, then write ``landing.run_context``."""

    @dg.asset(
        key=RUN_CONTEXT,
        group_name="landing",
        deps=[_key(book) for book in BOOKS],
        pool=WAREHOUSE_POOL,
        description="One row: the business day and the newest landing batch this run looks at.",
    )
    def run_context(config: ContextConfig) -> dg.MaterializeResult[Any]:
        from dagster_project import warehouse
        from dagster_project.automation.recorded import write_recorded
        from dagster_project.contracts.registry import require_valid_registry
        from dagster_project.landing.manifest import read_entries
        from dagster_project.landing.verify import verify
        from dagster_project.transform.context import choose_context, write_run_context
        from dagster_project.transform.rebuild import missing_frozen

        require_valid_registry(project.root, project.dbt_package / "seeds" / "criteria.csv")
        entries = read_entries(project.landing)
        frozen = {entry.landing_batch for entry in entries if entry.is_frozen}
        if problems := [*verify(project), *map(MISSING.format, missing_frozen(project, frozen))]:
            raise LandedFilesChangedError("\n".join(problems))
        chosen = choose_context(
            [entry.newest_batch for entry in entries],
            as_of=date.fromisoformat(config.as_of) if config.as_of else project.as_of,
            known_at=_moment(config.known_at),
            now=datetime.now(UTC),
        )
        with closing(warehouse.connect(project.warehouse)) as connection:
            write_run_context(connection, chosen)
            write_recorded(connection, project)
        return dg.MaterializeResult(
            metadata={"as_of": chosen.as_of.isoformat(), "known_batch": chosen.known_batch}
        )

    return run_context


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _source_spec(source: SourceTable) -> dg.AssetSpec:
    place = source.query.name if source.query else source.location
    return dg.AssetSpec(
        _key(source.relation),
        group_name="landing",
        description=f"{source.format} from `{place}`, typed; one row per record.",
    )


def _book_spec(book: str) -> dg.AssetSpec:
    return dg.AssetSpec(_key(book), group_name="landing")


def _key(relation: str) -> dg.AssetKey:
    return dg.AssetKey(["landing", relation])
