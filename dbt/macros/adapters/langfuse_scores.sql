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
    passes=["true", "pass", "correct"],
    fails=["false", "fail", "incorrect"],
    label_sources={}
) %}
    {%- set graded = (
        "case when score_value not between 0 and 1 then null"
        ~ penstock.when_named(lower_is_better, "1 - score_value")
        ~ penstock.when_named(higher_is_better, "score_value")
        ~ " end"
    ) -%}
    {%- set sources = namespace(sql="case") -%}
    {%- for name, source in label_sources.items() -%}
        {%- set sources.sql = sources.sql ~ penstock.when_named([name], "'" ~ source ~ "'") -%}
    {%- endfor -%}
    {%- set known = {
        "outcome_id": "label_id",
        "decision_id": "decision_id",
        "observed_at": 'score."timestamp"',
        "outcome": "score.name",
        "label": "case when score_word in ("
        ~ penstock.text_list(passes)
        ~ ") then 'correct' when score_word in ("
        ~ penstock.text_list(fails)
        ~ ") then 'incorrect' when grade >= "
        ~ (correct_from if correct_from is not none else "null")
        ~ " then 'correct' when grade < "
        ~ (correct_from if correct_from is not none else "null")
        ~ " then 'incorrect' end",
        "score": "grade",
        "label_source": (
            sources.sql ~ " else 'model_judge' end"
            if label_sources
            else "'model_judge'"
        ),
        "workflow": "coalesce(" ~ penstock.text_or_null(workflow) ~ ", trace_name)",
    } -%}
    with
        scores as (
            select *, cast({{ graded }} as decimal(9, 6)) as grade
            from ({{ penstock.langfuse_scores(traces, observations) }})
            where score.source is distinct from 'ANNOTATION'
        )

        {{ penstock.canonical_select("outcomes", known, traces) }}
    from scores
{% endmacro %}

{#- A person's score is a review. Annotators see what the agent did, so agreement is no label. -#}
{% macro langfuse_reviews(
    traces,
    observations,
    passes=["true", "pass", "correct"],
    fails=["false", "fail", "incorrect"]
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
                    "verdict": "case when score_word in ("
                    ~ penstock.text_list(passes)
                    ~ ") then 'agree' when score_word in ("
                    ~ penstock.text_list(fails)
                    ~ ") then 'overturn' else 'cannot_judge' end",
                    "is_blind": "false",
                },
                traces,
            )
        }}
    from scores
{% endmacro %}

{% macro when_named(names, result) -%}
    {%- if names %}
        when score.name in ({{ penstock.text_list(names) }}) then {{ result }}
    {% endif -%}
{%- endmacro %}
