{#- One row per class and segment: the stage its gates have reached and the level it may use. Alone
    from limited rollout on, with a person's approval in the pilot, a person before that. -#}
with
    stages as (
        select
            decision_class,
            segment,
            cohort_id,
            as_of,
            max(
                case when verdict = 'pass' and not is_blocked then gate_order else 0 end
            ) as gates_passed
        from {{ ref("gate_ladder") }}
        group by decision_class, segment, cohort_id, as_of
    ),

    -- a decision lies in one segment of every dimension: where there are several, one that is
    -- proven says nothing of the others
    alone as (
        select
            workflow,
            list(segment_dimension || '=' || segment_value) filter (
                where is_delegated_alone
            ) as segments
        from {{ ref("segments") }}
        group by workflow
        having count(distinct segment_dimension) = 1
    ),

    whole as (select decision_class, gates_passed from stages where segment = 'all'),

    amounts as (
        select decision_class, max(amount_limit) filter (where is_supported) as supported_limit
        from {{ ref("gate_amount_bands") }}
        group by decision_class
    ),

    -- a person took back what the evidence grants: of every class where none is named
    revocations as (
        select whole.decision_class, min(recorded.ledger_line) as revoked_by_line
        from whole
        inner join
            {{ source("evidence", "recorded_revocations") }} as recorded
            on coalesce(recorded.decision_class, whole.decision_class) = whole.decision_class
        group by whole.decision_class
    ),

    found as (
        select
            stages.as_of,
            maps.*,
            stages.cohort_id,
            stages.gates_passed,
            holds.held_until,
            revocations.decision_class is not null as is_revoked,
            revocations.revoked_by_line,
            -- what shares no alpha with the other segments is delegated with all of them or not
            whole.gates_passed >= 4
            or coalesce(list_contains(alone.segments, maps.segment), false) as is_proven_as_a_whole,
            coalesce(
                {{ penstock.level_rank("maps.declared_level") }}
                <= {{ penstock.level_rank("maps.recommended_level") }},
                false
            ) as is_within_evidence,
            -- where limits are registered, the amount is proven by bands
            amounts.decision_class is null
            or amounts.supported_limit is not null as is_amount_supported,
            case
                when amounts.decision_class is null
                then maps.amount_limit
                else least(maps.amount_limit, coalesce(amounts.supported_limit, 0))
            end as supported_amount_limit
        from {{ ref("gate_autonomy_map") }} as maps
        inner join stages using (decision_class, segment)
        inner join whole using (decision_class)
        left join amounts using (decision_class)
        left join revocations using (decision_class)
        left join {{ ref("gate_holds") }} as holds using (decision_class, segment)
        left join alone on maps.workflow = alone.workflow
    )

select
    *,
    {{ penstock.stage("gates_passed") }} as stage,
    case when gates_passed >= 3 then declared_level end as approved_level,
    case
        when is_revoked
        then 'human_only'
        when
            gates_passed >= 4
            and is_proven_as_a_whole
            and is_within_evidence
            and is_amount_supported
        then declared_level
        when gates_passed >= 3 and declared_level <> 'human_only'
        then 'surface'
        -- whoever bears a risk does not let the AI act alone
        when held_until is not null and declared_level <> 'human_only'
        then 'surface'
        else 'human_only'
    end as effective_level
from found
