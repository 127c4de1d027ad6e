{#- Labels from scores of observability tools. `scores` is a query with one row per score and decision
    that it speaks of: decision_id, label_id, score_name, number, word (small letters), scored_at,
    is_by_person, person_id, trace_name and the landed columns of `relation`. -#}
{% macro outcomes_of_scores(
    scores,
    relation,
    workflow=none,
    lower_is_better=[],
    higher_is_better=[],
    correct_from=none,
    passes=penstock.pass_words(),
    fails=penstock.fail_words(),
    label_sources={}
) %}
    with
        graded as (
            select
                *,
                {{ penstock.grade_of("score_name", "number", lower_is_better, higher_is_better) }}
                as grade
            from ({{ scores }})
            where not is_by_person
        )

        {{
            penstock.canonical_select(
                "outcomes",
                {
                    "outcome_id": "label_id",
                    "decision_id": "decision_id",
                    "observed_at": "scored_at",
                    "outcome": "score_name",
                    "label": penstock.label_of("word", "grade", passes, fails, correct_from),
                    "score": "grade",
                    "label_source": penstock.label_source_of("score_name", label_sources),
                    "workflow": "coalesce(" ~ penstock.text_or_null(workflow) ~ ", trace_name)",
                },
                relation,
            )
        }}
    from graded
{% endmacro %}

{#- A person's score is a review. People see what the agent did, so agreement is no label. -#}
{% macro reviews_of_scores(
    scores, relation, passes=penstock.pass_words(), fails=penstock.fail_words()
) %}
    with
        judged as (select * from ({{ scores }}) where is_by_person)

        {{
            penstock.canonical_select(
                "reviews",
                {
                    "review_id": "label_id",
                    "decision_id": "decision_id",
                    "reviewer_id": "person_id",
                    "reviewed_at": "scored_at",
                    "verdict": penstock.verdict_of("word", passes, fails),
                    "is_blind": "false",
                },
                relation,
            )
        }}
    from judged
{% endmacro %}
