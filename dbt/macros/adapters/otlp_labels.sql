{#- One relation for each signal, as they land in files of their own; `signal` is spans or logs. A
    GenAI evaluation is a model's word unless the producer names another source. -#}
{% macro otlp_outcomes(
    relation,
    signal,
    workflow=none,
    lower_is_better=[],
    higher_is_better=[],
    correct_from=none,
    passes=penstock.pass_words(),
    fails=penstock.fail_words()
) %}
    {%- set sources = ["ground_truth", "system_of_record", "complaint", "model_judge"] -%}
    {%- set number = "try_cast(fields.evaluation_score as double)" -%}
    {%- set word = "lower(fields.evaluation_label)" -%}
    with
        events as (
            select *
            from ({{ penstock.otlp_events(relation, signal) }})
            where event_name = 'gen_ai.evaluation.result'
        ),

        fields as ({{ penstock.aliased_fields("events") }}),

        graded as (
            select
                *,
                {{
                    penstock.grade_of(
                        "fields.evaluation_name", number, lower_is_better, higher_is_better
                    )
                }} as grade
            from fields
        )

        {{
            penstock.canonical_select(
                "outcomes",
                {
                    "outcome_id": "events.record_id",
                    "decision_id": "events.decision_id",
                    "observed_at": "events.occurred_at",
                    "outcome": "fields.evaluation_name",
                    "label": penstock.label_of(word, "fields.grade", passes, fails, correct_from),
                    "score": "fields.grade",
                    "label_source": "coalesce("
                    ~ penstock.word_of("fields.evaluation_source", sources)
                    ~ ", 'model_judge')",
                    "workflow": "coalesce("
                    ~ penstock.text_or_null(workflow)
                    ~ ", fields.workflow)",
                },
                relation,
                "events",
            )
        }}
    from events
    left join graded as fields on events.row_key = fields.row_key
{% endmacro %}

{#- Events `penstock.review`, and what OpenInference marks as a person's word: that is no blind one. -#}
{% macro otlp_reviews(
    relation, signal, passes=penstock.pass_words(), fails=penstock.fail_words()
) %}
    {%- set verdicts = ["agree", "overturn", "modify", "cannot_judge"] -%}
    with
        events as (
            select *
            from ({{ penstock.otlp_events(relation, signal) }})
            where event_name = 'penstock.review'
        ),

        fields as ({{ penstock.aliased_fields("events") }})

        {{
            penstock.canonical_select(
                "reviews",
                {
                    "review_id": "coalesce(fields.review_id, events.record_id)",
                    "decision_id": "events.decision_id",
                    "reviewer_id": "fields.reviewer_id",
                    "queued_at": "try_cast(fields.review_queued_at as timestamptz)",
                    "reviewed_at": "events.occurred_at",
                    "handling_seconds": "try_cast(fields.review_seconds as decimal(18, 3))",
                    "verdict": "case when fields.evaluation_name is not null then "
                    ~ penstock.verdict_of("lower(fields.evaluation_label)", passes, fails)
                    ~ " else "
                    ~ penstock.word_of("fields.review_verdict", verdicts)
                    ~ " end",
                    "is_blind": "try_cast(fields.review_is_blind as boolean)",
                    "sampling_reason": penstock.word_of(
                        "fields.review_reason", ["random", "risk", "appeal", "surfaced"]
                    ),
                    "inclusion_probability": penstock.share_of("fields.review_probability"),
                    "is_seeded_error": "try_cast(fields.review_is_seeded_error as boolean)",
                },
                relation,
                "events",
            )
        }}
    from events
    left join fields on events.row_key = fields.row_key
{% endmacro %}
