{#- What the registry says about the map, in the shape of evidence: levels above the recommended one,
    and valid sign-offs of exactly this map by two different people who hold their roles. -#}
with
    context as (select * from {{ ref("int_run_context") }}),

    maps as (select * from {{ ref("gate_autonomy_map") }}),

    signatures as (
        select
            maps.decision_class,
            maps.segment,
            signs.role,
            signs.person_id,
            signs.map_digest = all_map.map_digest
            and cast(signs.signed_at as date) <= context.as_of
            and cast(signs.expires_at as date) > context.as_of as is_current,
            owners.person_id is not null as is_holder,
            cast(signs.signed_at as date) as signed_date
        from maps
        cross join context
        inner join
            maps as all_map
            on maps.decision_class = all_map.decision_class
            and all_map.segment = 'all'
        inner join {{ ref("sign_offs") }} as signs on maps.decision_class = signs.decision_class
        left join
            {{ ref("int_owners__active") }} as owners
            on maps.workflow = owners.workflow
            and signs.role = owners.role
            and signs.person_id = owners.person_id
    ),

    valid as (select * from signatures where is_current and is_holder),

    counted as (
        select
            maps.decision_class,
            maps.segment,
            roles.role,
            (
                select count(distinct valid.person_id)
                from valid
                where
                    valid.decision_class = maps.decision_class
                    and valid.segment = maps.segment
                    and valid.role = roles.role
                    -- two people: whoever also signed in the other role does not count
                    and valid.person_id not in (
                        select other.person_id
                        from valid as other
                        where
                            other.decision_class = maps.decision_class
                            and other.segment = maps.segment
                            and other.role <> roles.role
                    )
            ) as valid_count,
            (
                select count(*)
                from signatures
                where
                    signatures.decision_class = maps.decision_class
                    and signatures.segment = maps.segment
                    and signatures.role = roles.role
            ) as any_count
        from maps
        cross join (select unnest(['business', 'risk']) as role) as roles
    )

select
    context.as_of,
    context.known_batch,
    rows.*,
    thresholds.threshold as threshold_used,
    cast(0 as decimal(9, 6)) as alpha,
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
        from counted

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
