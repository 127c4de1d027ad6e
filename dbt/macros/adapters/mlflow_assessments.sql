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
        entries.entry as entry,
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
        logs._landed_at,
        logs._file_sha256,
        logs._place,
        logs._payload_sha256
    from {{ assessments }} as logs
    cross join unnest(logs.info.assessments) as entries(entry)
    left join tools on logs.info.trace_id = tools.trace_id and entries.entry.span_id is null
    where entries.entry.feedback is not null and entries.entry.valid is distinct from false
{% endmacro %}

{% macro mlflow_outcomes(
    assessments,
    traces,
    workflow=none,
    lower_is_better=[],
    higher_is_better=[],
    correct_from=none,
    passes=penstock.pass_words(),
    fails=penstock.fail_words(),
    label_sources={}
) %}
    {%- set name = "entry.assessment_name" -%}
    with
        feedback as (
            select
                *,
                {{ penstock.grade_of(name, "number", lower_is_better, higher_is_better) }} as grade
            from ({{ penstock.mlflow_feedback(assessments, traces) }})
            where entry.source.source_type is distinct from 'HUMAN'
        )

        {{
            penstock.canonical_select(
                "outcomes",
                {
                    "outcome_id": "label_id",
                    "decision_id": "decision_id",
                    "observed_at": "entry.create_time",
                    "outcome": name,
                    "label": penstock.label_of("word", "grade", passes, fails, correct_from),
                    "score": "grade",
                    "label_source": penstock.label_source_of(name, label_sources),
                    "workflow": "coalesce(" ~ penstock.text_or_null(workflow) ~ ", trace_name)",
                },
                assessments,
            )
        }}
    from feedback
{% endmacro %}

{#- People see the trace when they judge it, so agreement is no label. -#}
{% macro mlflow_reviews(
    assessments, traces, passes=penstock.pass_words(), fails=penstock.fail_words()
) %}
    with
        feedback as (
            select *
            from ({{ penstock.mlflow_feedback(assessments, traces) }})
            where entry.source.source_type = 'HUMAN'
        )

        {{
            penstock.canonical_select(
                "reviews",
                {
                    "review_id": "label_id",
                    "decision_id": "decision_id",
                    "reviewer_id": "entry.source.source_id",
                    "reviewed_at": "entry.create_time",
                    "verdict": penstock.verdict_of("word", passes, fails),
                    "is_blind": "false",
                },
                assessments,
            )
        }}
    from feedback
{% endmacro %}
