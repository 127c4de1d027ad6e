{#- One row per landed record that hangs on a decision: label, audit selection, reversal, action.
    A record of the future has no known time; one that names no decision hangs on one that is
    missing. -#}
-- reviewers join by pseudonym; the seed is what these are made from, so it is in the build id
-- depends_on: {{ ref("reviewers") }}
with
    reviews as ({{ penstock.union_stream("reviews") }}),
    outcomes as ({{ penstock.union_stream("outcomes") }}),
    samples as ({{ penstock.union_stream("audit_sample") }}),
    reversals as ({{ penstock.union_stream("reversals") }}),
    actions as ({{ penstock.union_stream("business_actions") }})

select
    coalesce(decision_id, 'review:' || coalesce(review_id, _payload_sha256)) as decision_id,
    'label' as kind,
    'review:' || review_id as record_id,
    {{ penstock.known_time("reviewed_at") }} as recorded_at,
    '' as outcome,
    case
        when not coalesce(is_seeded_error, false) then {{ penstock.label_of_review() }}
    end as label,
    -- what a label was made of: a later version may not change that either
    verdict,
    is_blind,
    coalesce(is_seeded_error, false) as is_seeded,
    cast(null as boolean) as is_success,
    cast(null as boolean) as is_drill,
    cast(null as decimal(9, 6)) as inclusion_probability,
    cast(null as varchar) as workflow,
    reviewers.review_pool,
    source,
    _payload_sha256 as payload_sha256,
    _landed_at as landed_at,
    _landing_batch as landing_batch,
    _version as version
from reviews
left join
    {{ source("landing", "reviewers") }} as reviewers on reviews.reviewer_id = reviewers.reviewer_id

union all

select
    coalesce(decision_id, 'outcome:' || coalesce(outcome_id, _payload_sha256)),
    'label',
    'outcome:' || outcome_id,
    {{ penstock.known_time("observed_at") }},
    coalesce(outcome, '(unknown)'),
    {{ penstock.label_of_outcome() }},
    null,
    null,
    null,
    null,
    null,
    null,
    workflow,
    null,
    source,
    _payload_sha256,
    _landed_at,
    _landing_batch,
    _version
from outcomes

union all

select
    coalesce(decision_id, 'sample:' || _payload_sha256),
    'sample',
    coalesce(decision_id, 'sample:' || _payload_sha256),
    {{ penstock.known_time("selected_at") }},
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    inclusion_probability,
    null,
    null,
    source,
    _payload_sha256,
    _landed_at,
    _landing_batch,
    _version
from samples

union all

select
    coalesce(decision_id, 'reversal:' || coalesce(reversal_id, _payload_sha256)),
    'reversal',
    reversal_id,
    {{ penstock.known_time("attempted_at") }},
    null,
    null,
    null,
    null,
    null,
    coalesce(succeeded, false),
    coalesce(is_drill, false),
    null,
    null,
    null,
    source,
    _payload_sha256,
    _landed_at,
    _landing_batch,
    _version
from reversals

union all

select
    coalesce(decision_id, 'action:' || coalesce(action_id, _payload_sha256)),
    'action',
    action_id,
    {{ penstock.known_time("executed_at") }},
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    workflow,
    null,
    source,
    _payload_sha256,
    _landed_at,
    _landing_batch,
    _version
from actions
