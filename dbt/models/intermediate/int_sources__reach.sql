-- One row per workflow, source and stream, if a record of the stream that the source lost may
-- have been
-- one of the workflow. Decisions may be of the workflows that the source is mapped to or has
-- served;
-- what hangs on a decision, of those too that such records of the source were seen to hang on,
-- and as
-- long as none was seen, of every workflow, because it joins decisions of any source.
with
    workflows as (select distinct workflow from {{ ref("decision_classes") }}),

    mapped as (
        select workflow, source from {{ ref("int_workflows__sources") }} where source is not null
    ),

    sources as (
        select source
        from mapped
        union
        select source
        from {{ source("landing", "files") }}
        union
        select source
        from {{ ref("fct_unreadable") }}
        where source is not null
    ),

    attached as (
        select served.source, served.stream, served.workflow
        from {{ ref("fct_sources_served") }} as served
        cross join {{ ref("int_run_context") }} as context
        where served.landing_batch <= context.known_batch
        group by served.source, served.stream, served.workflow
        having sum(served.decision_count) > 0
    ),

    served as (
        select source, stream, workflow
        from attached
        union
        -- a label that hangs on nothing: of which of these streams it was is not counted
        select source, 'labels', workflow
        from attached
        where stream in ('reviews', 'outcomes', 'audit_sample')
        union
        select kpis.source, 'kpis', kpis.workflow
        from {{ ref("fct_kpis") }} as kpis
        cross join {{ ref("int_run_context") }} as context
        where kpis.landing_batch <= context.known_batch and kpis.workflow <> '(unknown)'
    ),

    streams as (
        select
            unnest(
                [
                    'decisions',
                    'reviews',
                    'audit_sample',
                    'outcomes',
                    'labels',
                    'reversals',
                    'business_actions',
                    'kpis',
                    'rail_evidence',
                    '(unknown)'
                ]
            ) as stream
    )

select
    workflows.workflow,
    sources.source,
    streams.stream,
    (workflows.workflow, sources.source) in (select (workflow, source) from mapped) as is_mapped
from workflows
cross join sources
cross join streams
where
    (workflows.workflow, sources.source) in (select (workflow, source) from mapped)
    or sources.source not in (select source from mapped)
    or (
        streams.stream <> 'decisions'
        and (
            (sources.source, streams.stream) not in (select (source, stream) from served)
            or (sources.source, streams.stream, workflows.workflow)
            in (select (source, stream, workflow) from served)
        )
    )
