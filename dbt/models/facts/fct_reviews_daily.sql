{#- Review work by pool and day. A review counts in the batch that first brought its id; another
    payload under that id is a conflict: one more review of unknown length, and one more seeded error
    that was missed, if either was one. So is a review that does not say whether it was seeded. -#}
-- reviewers join by pseudonym; the seed is what these are made from, so it is in the build id
-- depends_on: {{ ref("reviewers") }}
-- depends_on: {{ ref("int_records__landed") }}
with {{ penstock.first_reviews() }}

select
    review_pool,
    cast(reviewed_at as date) as event_date,
    landing_batch,
    '{{ penstock.build_id() }}' as build_id,
    cast(count(*) as bigint) as review_count,
    cast(sum(case when version = 1 and is_blind then 1 else 0 end) as bigint) as blind_count,
    cast(
        sum(case when version = 1 and verdict in ('overturn', 'modify') then 1 else 0 end) as bigint
    ) as overturn_count,
    cast(sum(case when was_seeded then 1 else 0 end) as bigint) as seeded_count,
    cast(
        sum(case when version = 1 and is_detected then 1 else 0 end) as bigint
    ) as seeded_detected_count,
    cast(
        sum(case when version = 1 and handling_seconds is not null then 1 else 0 end) as bigint
    ) as timed_count,
    cast(
        sum(case when version = 1 then coalesce(handling_seconds, 0) else 0 end) as decimal(38, 3)
    ) as handling_seconds,
    cast(
        sum(
            cast(
                case when version = 1 then coalesce(handling_seconds, 0) else 0 end
                * coalesce(handling_seconds, 0) as decimal(38, 3)
            )
        ) as decimal(38, 3)
    ) as handling_seconds_squared
from firsts
where {{ penstock.only_new_batches() }}
group by review_pool, cast(reviewed_at as date), landing_batch
