{#- One row per interval, from run to run, in which a gate's verdict, level, stage and cohort stayed as
    they were. -#}
{%- set compared = ["verdict", "is_blocked", "effective_level", "stage", "cohort_id"] %}
with
    changes as (select *, true as is_told from {{ ref("gate_changes") }}),

    gates as (select distinct gate, gate_order from {{ ref("penstock", "criteria") }}),

    -- this run has no line yet: it comes last
    runs as (select distinct decision_class, segment, run_line, as_of from changes),

    -- every gate at every run that changed a gate of its class and segment
    states as (
        select
            runs.*,
            gates.*,
            last_value(
                case
                    when changes.is_told
                    then
                        struct_pack(
                            verdict := changes.verdict,
                            is_blocked := changes.is_blocked,
                            effective_level := changes.effective_level,
                            cohort_id := changes.cohort_id,
                            open_criteria := changes.open_criteria
                        )
                end ignore nulls
            ) over (
                partition by runs.decision_class, runs.segment, gates.gate
                order by runs.run_line nulls last
            ) as state
        from runs
        cross join gates
        left join
            changes
            on runs.decision_class = changes.decision_class
            and runs.segment = changes.segment
            and gates.gate = changes.gate
            and runs.run_line is not distinct from changes.run_line
    ),

    staged as (
        select
            * exclude (state),
            unnest(state),
            max(
                case when state.verdict = 'pass' and not state.is_blocked then gate_order else 0 end
            ) over (partition by decision_class, segment, run_line) as gates_passed
        from states
    ),

    named as (select *, {{ penstock.stage("gates_passed") }} as stage from staged),

    steps as (
        select
            *,
            lag(verdict) over before as last_verdict,
            concat_ws(
                ', ',
                {%- for column in compared %}
                    case
                        when {{ column }} is distinct from lag({{ column }}) over before
                        then
                            '{{ column }} '
                            || coalesce(cast(lag({{ column }}) over before as varchar), 'none')
                            || ' to '
                            || coalesce(cast({{ column }} as varchar), 'none')
                    end
                    {{- "," if not loop.last }}
                {%- endfor %}
            ) as changed
        from named
        window before as (partition by decision_class, segment, gate order by run_line nulls last)
    ),

    intervals as (
        select
            *,
            lead(as_of) over one_by_one as until_as_of,
            row_number() over one_by_one as change_number
        from steps
        where changed <> ''
        window
            one_by_one as (partition by decision_class, segment, gate order by run_line nulls last)
    )

select
    decision_class,
    segment,
    gate,
    cast(gate_order as integer) as gate_order,
    cast(change_number as integer) as change_number,
    as_of as from_as_of,
    until_as_of,
    run_line as from_run_line,
    verdict,
    is_blocked,
    stage,
    effective_level,
    cohort_id,
    case when last_verdict is null then 'first verdict' else changed end as changed,
    open_criteria
from intervals
where verdict is not null
