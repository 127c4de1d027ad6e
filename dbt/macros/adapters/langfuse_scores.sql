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
        scores.score.name as score_name,
        scores.score."timestamp" as scored_at,
        coalesce(scores.score.source = 'ANNOTATION', false) as is_by_person,
        scores.score.authoruserid as person_id,
        try_cast(scores.score.value as double) as number,
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
        ) as word,
        traces.name as trace_name,
        traces.id
        || ':'
        || coalesce(scores.score.observationid, tools.id, '(trace)') as decision_id,
        scores.score.id
        || ':'
        || coalesce(scores.score.observationid, tools.id, '(trace)') as label_id,
        greatest(traces._landing_batch, first_seen.landing_batch) as _landing_batch,
        {{ penstock.landed_but_batch("traces") }}
    from {{ traces }} as traces
    cross join unnest(traces.scores) as scores(score)
    left join tools on traces.id = tools.traceid and scores.score.observationid is null
    left join first_seen on traces.id = first_seen.traceid
{% endmacro %}

{% macro langfuse_outcomes(traces, observations, workflow=none) %}
    {{
        penstock.outcomes_of_scores(
            penstock.langfuse_scores(traces, observations), traces, workflow, **kwargs
        )
    }}
{% endmacro %}

{% macro langfuse_reviews(traces, observations) %}
    {{
        penstock.reviews_of_scores(
            penstock.langfuse_scores(traces, observations), traces, **kwargs
        )
    }}
{% endmacro %}
