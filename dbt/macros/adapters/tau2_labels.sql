{#- What the benchmark says of the calls: reward, expected actions, and that all were judged. -#}
{% macro tau2_outcomes(relation) %}
    with calls as ({{ penstock.tau2_calls(relation) }})

    select
        call.id || ':run_reward' as outcome_id,
        call.id as decision_id,
        end_time as observed_at,
        'run_reward' as outcome,
        case
            when reward_info.reward >= 1 then 'correct' when reward_info.reward < 1 then 'incorrect'
        end as label,
        cast(reward_info.reward as decimal(9, 6)) as score,
        'ground_truth' as label_source,
        'support' as workflow,
        domain || '.' || call.name as action,
        {{ penstock.landed_select(relation) }}
    from calls

    union all

    -- An expected action that did not match has no call of its own to hang on.
    select
        runs.id || ':expected:' || checks.position as outcome_id,
        runs.id || ':expected:' || checks.position as decision_id,
        runs.end_time as observed_at,
        'expected_action_match' as outcome,
        case
            when checks.expected.action_match
            then 'correct'
            when not checks.expected.action_match
            then 'incorrect'
        end as label,
        cast(null as decimal(9, 6)) as score,
        'ground_truth' as label_source,
        'support' as workflow,
        runs.info.environment_info.domain_name || '.' || checks.expected.action.name as action,
        {{ penstock.landed_select(relation) }}
    from {{ relation }} as runs
    cross join unnest(runs.reward_info.action_checks)
    with ordinality as checks(expected, position)
    where checks.expected.action.requestor = 'assistant'
{% endmacro %}

{% macro tau2_audit_sample(relation) %}
    with calls as ({{ penstock.tau2_calls(relation) }})

    select
        call.id as decision_id,
        end_time as selected_at,
        cast(1 as decimal(9, 6)) as inclusion_probability,
        {{ penstock.landed_select(relation) }}
    from calls
{% endmacro %}
