{#- What model judges say of tau2 conversations. A judge reads the whole conversation, so its word
    hangs on each call of it, or on the conversation where that has no call. Judges' words drift:
    only the words that are declared mean a pass or a fail, any other one is no label.
    The label is known once both the verdict and the conversation have landed. -#}
{% macro tau2_judge_outcomes(
    judgements, simulations, workflow="support", passes=["pass"], fails=["fail"]
) %}
    with
        calls as (
            select distinct run_id, domain, call.id as call_id, call.name as call_name
            from ({{ penstock.tau2_calls(simulations) }})
        ),

        runs as (select id, min(_landing_batch) as landing_batch from {{ simulations }} group by id)

    select
        judgements.simulation_id
        || '|'
        || judgements.judge_prompt_name
        || '|'
        || coalesce(judgements.judge_model, '(absent)')
        || coalesce('|' || calls.call_id, '') as outcome_id,
        coalesce(calls.call_id, judgements.simulation_id) as decision_id,
        cast(null as timestamptz) as observed_at,
        'judge_' || judgements.judge_prompt_name as outcome,
        case
            when judgements.judge_verdict in ({{ penstock.text_list(passes) }})
            then 'correct'
            when judgements.judge_verdict in ({{ penstock.text_list(fails) }})
            then 'incorrect'
        end as label,
        cast(null as decimal(9, 6)) as score,
        'model_judge' as label_source,
        {{ penstock.text_or_null(workflow) }} as workflow,
        calls.domain || '.' || calls.call_name as action,
        greatest(judgements._landing_batch, runs.landing_batch) as _landing_batch,
        {{ penstock.landed_but_batch("judgements") }},
        '{{ penstock.declared_source(judgements).source_name if execute }}' as source
    from {{ judgements }} as judgements
    left join runs on judgements.simulation_id = runs.id
    left join calls on judgements.simulation_id = calls.run_id
{% endmacro %}
