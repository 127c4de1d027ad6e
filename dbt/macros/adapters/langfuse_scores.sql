{#- Scores of Langfuse. One that names an observation speaks of it, any other of each tool call of the
    trace, or of the trace where that has none. Which way a number counts stands nowhere in the log:
    the declaration says which scores are better low or high, and from where on a score is correct. -#}
{% macro langfuse_scores(traces, observations) %}
    with
        tools as (select distinct traceid, id from {{ observations }} where type = 'TOOL'),

        first_seen as (
            select traceid, min(_landing_batch) as landing_batch
            from {{ observations }}
            group by traceid
        )

    select
        scores.score as score,
        try_cast(scores.score.value as double) as score_value,
        lower(
            coalesce(
                scores.score.stringvalue,
                case
                    when scores.score.datatype = 'BOOLEAN'
                    then
                        case
                            try_cast(scores.score.value as double)
                            when 1
                            then 'true'
                            when 0
                            then 'false'
                        end
                end
            )
        ) as score_word,
        traces.name as trace_name,
        traces.id
        || ':'
        || coalesce(scores.score.observationid, tools.id, '(trace)') as decision_id,
        scores.score.id
        || ':'
        || coalesce(scores.score.observationid, tools.id, '(trace)') as label_id,
        greatest(traces._landing_batch, first_seen.landing_batch) as _landing_batch,
        traces._landed_at,
        traces._file_sha256,
        traces._place,
        traces._payload_sha256
    from {{ traces }} as traces
    cross join unnest(traces.scores) as scores(score)
    left join tools on traces.id = tools.traceid and scores.score.observationid is null
    left join first_seen on traces.id = first_seen.traceid
{% endmacro %}

{% macro langfuse_outcomes(
    traces,
    observations,
    workflow=none,
    lower_is_better=[],
    higher_is_better=[],
    correct_from=none,
    passes=penstock.pass_words(),
    fails=penstock.fail_words(),
    label_sources={}
) %}
    with
        scores as (
            select
                *,
                {{
                    penstock.grade_of(
                        "score.name", "score_value", lower_is_better, higher_is_better
                    )
                }} as grade
            from ({{ penstock.langfuse_scores(traces, observations) }})
            where score.source is distinct from 'ANNOTATION'
        )

        {{
            penstock.canonical_select(
                "outcomes",
                {
                    "outcome_id": "label_id",
                    "decision_id": "decision_id",
                    "observed_at": 'score."timestamp"',
                    "outcome": "score.name",
                    "label": penstock.label_of(
                        "score_word", "grade", passes, fails, correct_from
                    ),
                    "score": "grade",
                    "label_source": penstock.label_source_of("score.name", label_sources),
                    "workflow": "coalesce(" ~ penstock.text_or_null(workflow) ~ ", trace_name)",
                },
                traces,
            )
        }}
    from scores
{% endmacro %}

{#- A person's score is a review. Annotators see what the agent did, so agreement is no label. -#}
{% macro langfuse_reviews(
    traces, observations, passes=penstock.pass_words(), fails=penstock.fail_words()
) %}
    with
        scores as (
            select *
            from ({{ penstock.langfuse_scores(traces, observations) }})
            where score.source = 'ANNOTATION'
        )

        {{
            penstock.canonical_select(
                "reviews",
                {
                    "review_id": "label_id",
                    "decision_id": "decision_id",
                    "reviewer_id": "score.authorUserId",
                    "reviewed_at": 'score."timestamp"',
                    "verdict": penstock.verdict_of("score_word", passes, fails),
                    "is_blind": "false",
                },
                traces,
            )
        }}
    from scores
{% endmacro %}
