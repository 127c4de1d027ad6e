{#- What the registry says about the map, in the shape of evidence: levels above the recommended one,
    and valid sign-offs of exactly this map by two different people who hold their roles. -#}
with
    context as (select * from {{ ref("int_run_context") }}),

    maps as (select * from {{ ref("gate_autonomy_map") }})

select
    context.as_of,
    context.known_batch,
    rows.*,
    thresholds.threshold as threshold_used,
    cast(null as decimal(9, 6)) as alpha,
    'exact count' as method,
    rows.n as n_effective,
    cast(0 as bigint) as n_missing,
    cast(0 as bigint) as n_needed,
    cast(null as date) as window_start,
    context.as_of as window_end,
    context.as_of as evidence_newest_date
from
    (
        select
            'signed_by_' || role as criterion_id,
            decision_class,
            segment,
            '*' as cohort_id,
            cast(valid_count as decimal(28, 9)) as estimate,
            cast(valid_count as decimal(28, 9)) as bound,
            -- a signature that is missing is not yet there; it refutes nothing
            cast(null as decimal(28, 9)) as refuting_bound,
            cast(valid_count as bigint) as n,
            case
                when valid_count > 0 then 'ok' when any_count > 0 then 'stale' else 'insufficient'
            end as status,
            case
                when valid_count > 0
                then null
                when any_count > 0
                then 'signed, but not exactly this map, by its ' || role || ' owner, unexpired'
                else 'not signed by the ' || role || ' owner'
            end as reason
        from {{ ref("gate_signatures") }}

        union all

        select
            'level_within_evidence',
            decision_class,
            segment,
            '*',
            cast(
                {{ penstock.level_rank("declared_level") }}
                - {{ penstock.level_rank("recommended_level") }} as decimal(28, 9)
            ),
            cast(
                {{ penstock.level_rank("declared_level") }}
                - {{ penstock.level_rank("recommended_level") }} as decimal(28, 9)
            ),
            cast(
                {{ penstock.level_rank("declared_level") }}
                - {{ penstock.level_rank("best_case_level") }} as decimal(28, 9)
            ),
            cast(4 as bigint),
            'ok',
            'recommended ' || recommended_level || ', declared ' || declared_level
        from maps
    ) as rows
cross join context
left join
    {{ ref("int_thresholds__effective") }} as thresholds
    on rows.decision_class = thresholds.decision_class
    and rows.criterion_id = thresholds.criterion_id
