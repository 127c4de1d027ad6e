{#- Scores of Inspect: one row per sample and scorer. -#}
{% macro inspect_scores(relation) %}
    select
        samples.*,
        keys.scorer,
        json_extract_string(samples.scores, '$."' || keys.scorer || '".value') as word,
        try_cast(
            json_extract_string(samples.scores, '$."' || keys.scorer || '".value') as double
        ) as number
    from ({{ penstock.inspect_samples(relation) }}) as samples
    cross join unnest(json_keys(samples.scores)) as keys(scorer)
{% endmacro %}

{#- Scorers that hold the answer against a target; any other one may ask a model. -#}
{% macro inspect_outcomes(
    relation,
    workflow=none,
    exact_scorers=["match", "includes", "pattern", "answer", "exact", "f1", "choice"]
) %}
    with
        scores as ({{ penstock.inspect_scores(relation) }})

        {{
            penstock.canonical_select(
                "outcomes",
                {
                    "outcome_id": "decision_id || '|' || scorer",
                    "decision_id": "decision_id",
                    "observed_at": "coalesce(last_event_at, eval.created)",
                    "outcome": "scorer",
                    "label": "case when word = 'C' or number = 1 or word = 'true' then 'correct'"
                    ~ " when word in ('I', 'N', 'false') or number = 0 then 'incorrect' end",
                    "score": "case when word = 'C' then 1 when word in ('I', 'N') then 0 when word = 'P'"
                    ~ " then 0.5 when number between 0 and 1 then number end",
                    "label_source": "case when scorer in ("
                    ~ penstock.text_list(exact_scorers)
                    ~ ") then 'ground_truth' else 'model_judge' end",
                    "workflow": "coalesce(" ~ penstock.text_or_null(workflow) ~ ", eval.task)",
                    "action": "eval.task",
                },
                relation,
            )
        }}
    from scores
{% endmacro %}
