{#- One row per workflow: what its readiness checklist counts. -#}
with
    classes as (
        select
            levels.workflow,
            count(*) as class_count,
            count(*) filter (where volume.verdict = 'pass') as high_volume_count,
            count(*) filter (
                where {{ penstock.level_rank("levels.declared_level") }} is not null
            ) as level_count,
            {%- for level in ["delegate", "delegate_with_audit", "surface", "human_only"] %}
                count(*) filter (where levels.declared_level = '{{ level }}') as {{ level }}_count
                {{- "," if not loop.last }}
            {%- endfor %}
        from {{ ref("gate_levels") }} as levels
        left join
            {{ ref("gate_verdicts") }} as volume
            on levels.decision_class = volume.decision_class
            and volume.segment = 'all'
            and volume.criterion_id = 'volume_floor'
        where levels.segment = 'all'
        group by levels.workflow
    ),

    gates as (
        select
            workflow,
            count(*) as criterion_count,
            count(*) filter (where threshold_count = 1 and threshold is not null) as set_count
        from {{ ref("gate_due") }}
        where segment = 'all'
        group by workflow
    ),

    rails as (
        select
            workflow,
            {%- for coverage in ["shared", "one_off", "missing"] %}
                count(*) filter (where coverage = '{{ coverage }}') as {{ coverage }}_count,
            {%- endfor %}
            count(*) filter (where evidence_state = 'working') as working_count
        from {{ ref("gate_rails") }}
        group by workflow
    ),

    business as (
        select workflow, min(people.name) as business_owner
        from {{ ref("int_owners__active") }} as owners
        inner join {{ ref("people") }} as people on owners.person_id = people.person_id
        where owners.role = 'business'
        group by workflow
    ),

    funding as (
        select
            statements.workflow,
            max_by(people.name, (statements.stated_at, people.name)) as funded_by,
            max(statements.stated_at) as funded_date
        from {{ ref("operating_funding") }} as statements
        inner join
            {{ ref("people") }} as people
            on statements.owner = people.person_id
            and people.is_active
        cross join {{ ref("int_run_context") }} as context
        where
            statements.stated_at <= context.as_of
            and (statements.valid_until is null or statements.valid_until > context.as_of)
        group by statements.workflow
    )

select
    context.as_of,
    workflows.workflow,
    classes.* exclude (workflow),
    gates.* exclude (workflow),
    rails.* exclude (workflow),
    business.business_owner,
    funding.funded_by,
    funding.funded_date
from {{ ref("workflows") }} as workflows
cross join {{ ref("int_run_context") }} as context
left join classes using (workflow)
left join gates using (workflow)
left join rails using (workflow)
left join business using (workflow)
left join funding using (workflow)
