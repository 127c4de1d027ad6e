{#- Assessments of MLflow traces. One that names a span speaks of it, any other of each tool call of
    its trace. Feedback of people is a review, of judges and code an outcome; an expectation says
    what was wanted, not whether it came. What was overridden in the same export no longer counts. -#}
{% macro mlflow_feedback(assessments, traces) %}
    with
        tools as (
            select
                split_part(decision_id, ':', 1) as trace_id,
                split_part(decision_id, ':', 2) as span_id,
                min(_landing_batch) as landing_batch
            from ({{ penstock.mlflow_tools(traces) }})
            group by all
        )

    select
        entries.entry.assessment_name as score_name,
        entries.entry.create_time as scored_at,
        coalesce(entries.entry.source.source_type = 'HUMAN', false) as is_by_person,
        entries.entry.source.source_id as person_id,
        lower(json_extract_string(entries.entry.feedback.value, '$')) as word,
        try_cast(json_extract_string(entries.entry.feedback.value, '$') as double) as number,
        logs.info.trace_id
        || ':'
        || coalesce(entries.entry.span_id, tools.span_id, '(trace)') as decision_id,
        entries.entry.assessment_id
        || ':'
        || coalesce(entries.entry.span_id, tools.span_id, '(trace)') as label_id,
        logs.info.tags."mlflow.traceName" as trace_name,
        greatest(logs._landing_batch, tools.landing_batch) as _landing_batch,
        {{ penstock.landed_but_batch("logs") }}
    from {{ assessments }} as logs
    cross join unnest(logs.info.assessments) as entries(entry)
    left join tools on logs.info.trace_id = tools.trace_id and entries.entry.span_id is null
    where entries.entry.feedback is not null and entries.entry.valid is distinct from false
{% endmacro %}

{% macro mlflow_outcomes(assessments, traces, workflow=none) %}
    {{
        penstock.outcomes_of_scores(
            penstock.mlflow_feedback(assessments, traces), assessments, workflow, **kwargs
        )
    }}
{% endmacro %}

{% macro mlflow_reviews(assessments, traces) %}
    {{
        penstock.reviews_of_scores(
            penstock.mlflow_feedback(assessments, traces), assessments, **kwargs
        )
    }}
{% endmacro %}
