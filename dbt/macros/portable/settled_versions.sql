{#- CTEs of the change log: what the landed versions of a decision say together, per phase. -#}
{% macro settled_versions() %}
    seen as (
        select
            phases.sign,
            phases.landing_batch as phase_batch,
            decisions.*,
            decisions.version is not distinct from max(decisions.version) over phase as is_latest,
            row_number() over (
                phase
                order by
                    decisions.version desc nulls first,
                    decisions.payload_sha256,
                    decisions.source,
                    decisions.landing_batch
            ) as version_number
        from phases
        inner join
            decisions
            on phases.decision_id = decisions.decision_id
            and {{ penstock.visible("decisions") }}
        window phase as (partition by phases.decision_id, phases.landing_batch, phases.sign)
    ),

    versions as (
        select
            decision_id,
            phase_batch as landing_batch,
            sign,
            {{
                penstock.is_conflict(
                    [
                        "route",
                        "confidence",
                        "amount",
                        "currency",
                        "subject_id",
                        "occurred_at",
                        "within_boundary",
                    ]
                )
            }} or {{ penstock.is_of_frozen_decision() }} as is_conflict,
            case when min(source) = max(source) then min(source) else '(unknown)' end as source,
            -- what a later version filled in is not in doubt
            case
                when
                    min(
                        case when is_latest or decision_class <> '(unknown)' then decision_class end
                    ) = max(
                        case when is_latest or decision_class <> '(unknown)' then decision_class end
                    )
                then max(case when is_latest then decision_class end)
                else '(unknown)'
            end as decision_class,
            -- a decision in several versions is where all of them may be: nobody's, as old as the
            -- oldest
            case
                when min(cohort_id) <> max(cohort_id)
                then '(unknown)'
                when min(payload_sha256) <> max(payload_sha256) and min(cohort_id) like '%(absent)%'
                then '(unknown)'
                else min(cohort_id)
            end as cohort_id,
            min(occurred_at) as occurred_at,
            min(event_date) as event_date,
            -- of two numbers nobody knows which is the decision's
            case
                when min(sequence_number) = max(sequence_number) then min(sequence_number)
            end as sequence_number,
            {%- for field in ["region", "team", "channel"] %}
                case
                    when min(coalesce({{ field }}, '')) = max(coalesce({{ field }}, ''))
                    then min({{ field }})
                end as {{ field }}{{ "," if not loop.last }}
            {%- endfor %}
        from seen
        group by decision_id, phase_batch, sign
    )
{% endmacro %}
