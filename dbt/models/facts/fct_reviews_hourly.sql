{#- The review queue by pool and hour: `review_count` by the hour that a review was finished in, with how
    long it had waited; `arrival_count` by the hour that it entered the queue in. Another payload
    under a review's id is no work of its own here; `fct_reviews_daily` counts it as unknown. -#}
-- reviewers join by pseudonym; the seed is what these are made from, so it is in the build id
-- depends_on: {{ ref("reviewers") }}
-- depends_on: {{ ref("int_records__landed") }}
with
    {{ penstock.first_reviews() }},

    waited as (
        select
            *,
            -- what it waited before somebody began, in whole minutes, rounded up
            cast(
                greatest(
                    ceil(
                        (
                            date_diff('second', queued_at, reviewed_at)
                            - coalesce(handling_seconds, 0)
                        )
                        / 60
                    ),
                    0
                ) as bigint
            ) as wait_minutes
        from firsts
        where version = 1
    ),

    moments as (
        select
            review_pool,
            date_trunc('hour', reviewed_at) as event_hour,
            -- who knows neither when it came nor when it was done may have waited for ever
            case when queued_at <= reviewed_at then wait_minutes else -1 end as wait_minutes,
            landing_batch,
            0 as arrival_count,
            1 as review_count,
            case when handling_seconds is null then 0 else 1 end as timed_count,
            coalesce(handling_seconds, 0) as handling_seconds
        from waited

        union all

        select review_pool, date_trunc('hour', queued_at), 0, landing_batch, 1, 0, 0, 0
        from waited
    )

select
    review_pool,
    event_hour,
    wait_minutes,
    landing_batch,
    '{{ penstock.build_id() }}' as build_id,
    cast(sum(arrival_count) as bigint) as arrival_count,
    cast(sum(review_count) as bigint) as review_count,
    cast(sum(timed_count) as bigint) as timed_count,
    cast(sum(handling_seconds) as decimal(38, 3)) as handling_seconds,
    cast(
        sum(cast(handling_seconds * handling_seconds as decimal(38, 3))) as decimal(38, 3)
    ) as handling_seconds_squared
from moments
where {{ penstock.only_new_batches() }}
group by review_pool, event_hour, wait_minutes, landing_batch
