{#- One row per landed record that hangs on a decision: label, audit selection, reversal, action.
    A record of the future has no known time; one that names no decision hangs on one that is
    missing. -#}
-- reviewers join by pseudonym; the seed is what these are made from, so it is in the build id
-- depends_on: {{ ref("reviewers") }}
{%- set review = {
    "outcome": "''",
    "label": "case when not coalesce(is_seeded_error, false) then "
    ~ penstock.label_of_review()
    ~ " end",
    "verdict": "verdict",
    "is_blind": "is_blind",
    "is_seeded": "coalesce(is_seeded_error, false)",
    "review_pool": "reviewers.review_pool",
    "reviewer_id": "reviewers.reviewer_id",
} %}
{%- set outcome = {
    "outcome": "coalesce(outcome, '(unknown)')",
    "label": penstock.label_of_outcome(),
    "workflow": "workflow",
} %}
{%- set reversal = {
    "is_success": "coalesce(succeeded, false)",
    "is_drill": "coalesce(is_drill, false)",
} %}
with
    reviews as ({{ penstock.union_stream("reviews") }}),
    outcomes as ({{ penstock.union_stream("outcomes") }}),
    samples as ({{ penstock.union_stream("audit_sample") }}),
    reversals as ({{ penstock.union_stream("reversals") }}),
    actions as ({{ penstock.union_stream("business_actions") }})

    {{ penstock.attached_record("label", "review", "review_id", "reviewed_at", review) }}
from reviews
left join
    {{ source("landing", "reviewers") }} as reviewers on reviews.reviewer_id = reviewers.reviewer_id

union all
{{ penstock.attached_record("label", "outcome", "outcome_id", "observed_at", outcome) }}
from outcomes

union all
{{
    penstock.attached_record(
        "sample",
        "sample",
        "decision_id",
        "selected_at",
        {"inclusion_probability": "inclusion_probability"},
    )
}}
from samples

union all
{{ penstock.attached_record("reversal", "reversal", "reversal_id", "attempted_at", reversal) }}
from reversals

union all
{{
    penstock.attached_record(
        "action", "action", "action_id", "executed_at", {"workflow": "workflow"}
    )
}}
from actions
