{#- Trajectories of the tau2 agent benchmark. One assistant tool call is one decision; its class is
    domain x tool; a run's reward and its expected-action checks become outcomes. A benchmark run
    judges every call, so every call is in the sample with probability 1. -#}
{% macro tau2_calls(relation) %}
    select
        runs.id as run_id,
        runs.task_id,
        runs.start_time,
        runs.end_time,
        runs.reward_info,
        runs.info.agent_info.llm as model,
        runs.info.agent_info.implementation as agent_id,
        runs.info.environment_info.domain_name as domain,
        messages.position as message_position,
        messages.message as message,
        calls.position as call_position,
        calls.call as call,
        len(messages.message.tool_calls) as call_count,
        {% for name in penstock.landed_columns() %} runs."{{ name }}", {% endfor %}
        runs.messages as run_messages
    from {{ relation }} as runs
    cross join unnest(runs.messages)
    with ordinality as messages(message, position)
    cross join unnest(messages.message.tool_calls)
    with ordinality as calls(call, position)
    where messages.message.role = 'assistant' and calls.call.requestor = 'assistant'
{% endmacro %}

{% macro tau2_decisions(relation) %}
    {%- set zone = penstock.landing_meta(penstock.declared_source(relation)).timezone if execute -%}
    with
        calls as ({{ penstock.tau2_calls(relation) }}),

        timed as (
            select
                *,
                timezone('{{ zone }}', cast(message."timestamp" as timestamp)) as occurred_at,
                -- what the agent answered to: the message before, else the start of the run
                coalesce(
                    timezone(
                        '{{ zone }}',
                        cast(run_messages[message_position - 1]."timestamp" as timestamp)
                    ),
                    start_time
                ) as asked_at,
                list_filter(run_messages, lambda m:m.role = 'tool' and m.id = call.id)[
                    1
                ].error as is_error,
                message.usage.prompt_tokens as prompt_tokens,
                message.usage.completion_tokens as completion_tokens,
                coalesce(
                    call.arguments.amount,
                    list_sum(list_transform(call.arguments.payment_methods, lambda p:p.amount))
                ) as argument_amount
            from calls
        )

    select
        call.id as decision_id,
        occurred_at,
        'support' as workflow,
        domain || '.' || call.name as decision_class,
        domain || '|' || task_id as subject_id,
        cast(null as varchar) as region,
        domain as team,
        case when agent_id = 'llm_agent_solo' then 'no_user' else 'with_user' end as channel,
        agent_id,
        cast(null as varchar) as agent_version,
        model,
        cast(null as varchar) as prompt_version,
        cast(null as varchar) as tool_schema_version,
        cast(null as varchar) as policy_version,
        call.name as action,
        case when call.name = 'transfer_to_human_agents' then 'human' else 'delegated' end as route,
        cast(null as decimal(9, 6)) as confidence,
        'none' as confidence_method,
        cast(argument_amount as decimal(18, 4)) as amount,
        case when argument_amount is not null then 'USD' end as currency,
        cast(round((epoch_us(occurred_at) - epoch_us(asked_at)) / 1000) as bigint) as latency_ms,
        -- tokens and cost belong to the message; its calls share them, the first takes the rest
        prompt_tokens  -- call_count
        + case when call_position = 1 then prompt_tokens % call_count else 0 end as input_tokens,
        completion_tokens  -- call_count
        + case
            when call_position = 1 then completion_tokens % call_count else 0
        end as output_tokens,
        -- cost 0 on real tokens is a price that nobody knew, not a gift
        case
            when message.cost > 0 then cast(message.cost / call_count as decimal(18, 9))
        end as cost_amount,
        case when message.cost > 0 then 'USD' end as cost_currency,
        case when is_error then 'error' when not is_error then 'ok' end as status,
        case when is_error then 'tool_error' end as error_type,
        cast(null as boolean) as fallback_used,
        cast(null as varchar) as fallback_reason,
        cast(null as boolean) as within_boundary,
        cast(null as bigint) as sequence_number,
        {{ penstock.landed_select(relation) }}
    from timed
{% endmacro %}
