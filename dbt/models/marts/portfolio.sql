{#- One row per workflow, stage, effective level and currency: how many classes stand there, what holds
    them back, and what open waivers expose. Rows add up: every declared class is in exactly one. -#}
with
    map as (select * from {{ ref("autonomy_map") }} where segment = 'all'),

    gates as (
        select
            decision_class,
            arg_min(gate, gate_order) filter (where verdict is distinct from 'pass') as open_gate,
            count(*) filter (where verdict = 'fail') as failed_gate_count,
            bool_or(is_blocked) as is_blocked
        from {{ ref("gate_scorecard") }}
        where segment = 'all'
        group by decision_class
    ),

    waivers as (
        select
            decision_class,
            count(*) as waiver_count,
            sum(waived_verdict_count) as waived_verdict_count,
            sum(exposure_amount) as exposure_amount,
            min(expires_at) as expires_at
        from {{ ref("waiver_states") }}
        where state = 'open'
        group by decision_class
    ),

    classes as (
        select
            map.as_of,
            map.workflow,
            map.decision_class,
            map.stage,
            map.effective_level,
            map.effective_level <> map.declared_level as is_below_declared,
            declared.currency,
            gates.open_gate,
            gates.failed_gate_count,
            gates.is_blocked,
            waivers.waiver_count,
            waivers.waived_verdict_count,
            waivers.exposure_amount,
            waivers.expires_at
        from map
        inner join
            {{ ref("decision_classes") }} as declared
            on map.decision_class = declared.decision_class
        left join gates on map.decision_class = gates.decision_class
        left join waivers on map.decision_class = waivers.decision_class
    )

select
    as_of,
    workflow,
    stage,
    effective_level,
    currency,
    cast(count(*) as integer) as class_count,
    cast(count(*) filter (where is_below_declared) as integer) as below_declared_count,
    cast(count(*) filter (where is_blocked) as integer) as blocked_class_count,
    cast(count(*) filter (where failed_gate_count > 0) as integer) as failing_class_count,
    {%- for gate in ["workflow_fit", "data_fit", "autonomy_fit", "production_fit", "value_fit"] %}
        cast(
            count(*) filter (where open_gate = '{{ gate }}') as integer
        ) as held_by_{{ gate }}_count,
    {%- endfor %}
    cast(coalesce(sum(waiver_count), 0) as integer) as open_waiver_count,
    cast(coalesce(sum(waived_verdict_count), 0) as integer) as waived_verdict_count,
    cast(coalesce(sum(exposure_amount), 0) as decimal(18, 4)) as exposure_amount,
    min(expires_at) as next_expiry_date
from classes
group by as_of, workflow, stage, effective_level, currency
