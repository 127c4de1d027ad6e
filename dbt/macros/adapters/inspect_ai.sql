{#- Logs of the evaluation framework Inspect: evidence from offline runs. A sample is a decision that
    nobody acted on (route `shadow`); its scores are outcomes; a finished log that holds a metric is
    one observation of the evaluation harness. There is no audit sample: tasks of an evaluation are
    no random draw from the decisions of a class. -#}
{% macro inspect_samples(relation) %}
    select
        *,
        eval.run_id
        || '|'
        || eval.task_id
        || '|'
        || cast(id as varchar)
        || '|'
        || coalesce(epoch, 1) as decision_id,
        list_min(list_transform(events, lambda e:e."timestamp")) as first_event_at,
        list_max(list_transform(events, lambda e:e."timestamp")) as last_event_at
    from {{ relation }}
{% endmacro %}

{% macro inspect_decisions(relation, workflow=none) %}
    {%- set usage = "json_extract(model_usage, '$.\"' || eval.model || '\"" -%}
    with
        samples as ({{ penstock.inspect_samples(relation) }})

        {{
            penstock.canonical_select(
                "decisions",
                {
                    "decision_id": "decision_id",
                    "occurred_at": "coalesce(first_event_at, eval.created)",
                    "workflow": "coalesce(" ~ penstock.text_or_null(workflow) ~ ", eval.task)",
                    "subject_id": "eval.task || '|' || cast(id as varchar)",
                    "model": "coalesce(output.model, eval.model)",
                    "action": "eval.task",
                    "route": "'shadow'",
                    "confidence_method": "'none'",
                    "latency_ms": "coalesce(cast(round(total_time * 1000) as bigint), cast(round("
                    ~ "(epoch_us(last_event_at) - epoch_us(first_event_at)) / 1000) as bigint))",
                    "input_tokens": penstock.count_of(usage ~ ".input_tokens')"),
                    "output_tokens": penstock.count_of(usage ~ ".output_tokens')"),
                    "status": "case when error is null then 'ok' else 'error' end",
                    "error_type": "case when error is not null then 'sample_error' end",
                },
                relation,
            )
        }}
    from samples
{% endmacro %}

{% macro inspect_rail_evidence(relation, workflow=none, is_shared=none) %}
    with
        logs as (
            select
                *,
                list_filter(
                    list_transform(
                        results.scores,
                        lambda s: {
                            'name':s.name,
                            'value':try_cast(
                                json_extract_string(s.metrics, '$.accuracy.value') as double
                            )
                        }
                    ),
                    lambda s:s.value is not null
                ) as accuracies
            from {{ relation }}
            where status = 'success'
            qualify row_number() over (partition by _file_sha256 order by _place) = 1
        )

        {{
            penstock.canonical_select(
                "rail_evidence",
                {
                    "rail": "'evaluation_harness'",
                    "workflow": "coalesce(" ~ penstock.text_or_null(workflow) ~ ", eval.task)",
                    "component": "'inspect ' || eval.task",
                    "is_shared": "null" if is_shared is none else is_shared | lower,
                    "observed_at": "coalesce(stats.completed_at, eval.created)",
                    "result": "accuracies[1].name || ' accuracy ' || round(accuracies[1].value, 4)"
                    ~ " || ' on ' || results.completed_samples || ' samples'",
                },
                relation,
            )
        }}
    from logs
    where len(accuracies) > 0
{% endmacro %}
