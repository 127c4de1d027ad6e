{#- Trajectories of tau-bench, the first version. One assistant tool call is one decision. The log
    names neither model nor domain, so whoever declares the source says which; what nobody says is
    NULL. Call ids repeat between conversations, so a decision is known by its place. -#}
{% macro tau_bench_calls(relation) %}
    select
        runs.task_id,
        runs.trial,
        runs.reward,
        runs.traj,
        turns.position as turn_position,
        calls.call as call,
        '{{ penstock.declared_source(relation).source_name if execute }}'
        || '|'
        || runs.task_id
        || '|'
        || runs.trial
        || '|'
        || turns.position
        || '|'
        || calls.position as decision_id,
        {% for name in penstock.landed_columns() %}
            runs."{{ name }}" {{ "," if not loop.last }}
        {% endfor %}
    from {{ relation }} as runs
    cross join unnest(runs.traj)
    with ordinality as turns(turn, position)
    cross join unnest(turns.turn.tool_calls)
    with ordinality as calls(call, position)
    where turns.turn.role = 'assistant'
{% endmacro %}

{% macro tau_bench_decisions(relation, workflow="support", domain=none, model=none) %}
    {%- set known = {
        "workflow": penstock.text_or_null(workflow),
        "decision_class": penstock.text_or_null(domain)
        ~ " || '.' || call.function.name",
        "subject_id": "coalesce("
        ~ penstock.text_or_null(domain)
        ~ " || '|', '') || task_id",
        "team": penstock.text_or_null(domain),
        "model": penstock.text_or_null(model),
        "decision_id": "decision_id",
        "action": "call.function.name",
        "route": "case when call.function.name = 'transfer_to_human_agents' then 'human'"
        ~ " else 'delegated' end",
        "confidence_method": "'none'",
        "amount": "cast(argument_amount as decimal(18, 4))",
        "currency": "case when argument_amount is not null then 'USD' end",
        "status": "case when answer like 'Error%' then 'error' when answer is not null"
        ~ " then 'ok' end",
        "error_type": "case when answer like 'Error%' then 'tool_error' end",
    } -%}
    with
        calls as ({{ penstock.tau_bench_calls(relation) }}),

        answered as (
            select
                *,
                -- the answer comes after its call, and the next call may carry the same id
                list_filter(
                    traj[turn_position + 1:], lambda t:t.role = 'tool' and t.tool_call_id = call.id
                )[1].content as answer,
                coalesce(
                    call.function.arguments.amount,
                    list_sum(
                        list_transform(call.function.arguments.payment_methods, lambda p:p.amount)
                    )
                ) as argument_amount
            from calls
        )

        {{ penstock.canonical_select("decisions", known, relation) }}
    from answered
{% endmacro %}

{% macro tau_bench_outcomes(relation, workflow="support", domain=none) %}
    with
        calls as ({{ penstock.tau_bench_calls(relation) }})

        {{
            penstock.canonical_select(
                "outcomes",
                {
                    "outcome_id": "decision_id || ':run_reward'",
                    "decision_id": "decision_id",
                    "outcome": "'run_reward'",
                    "label": "case when reward >= 1 then 'correct' when reward < 1 then"
                    ~ " 'incorrect' end",
                    "score": "case when reward between 0 and 1 then reward end",
                    "label_source": "'ground_truth'",
                    "workflow": penstock.text_or_null(workflow),
                    "action": "coalesce("
                    ~ penstock.text_or_null(domain)
                    ~ " || '.', '')"
                    ~ " || call.function.name",
                },
                relation,
            )
        }}
    from calls
{% endmacro %}

{% macro tau_bench_audit_sample(relation) %}
    with
        calls as ({{ penstock.tau_bench_calls(relation) }})

        {{
            penstock.canonical_select(
                "audit_sample",
                {"decision_id": "decision_id", "inclusion_probability": "1"},
                relation,
            )
        }}
    from calls
{% endmacro %}
