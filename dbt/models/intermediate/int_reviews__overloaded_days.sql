{#- Days on which the people of a review pool had more to do than they can do with care: above 85 % of a
    fifth of their registered week. What they approved on such a day is no label. A review of no known length may
    fill a day, one of no known day may be of any, one by nobody registered may be of any pool. -#}
with
    context as (select * from {{ ref("int_run_context") }}),

    work as (
        select
            review_pool,
            cast(event_hour as date) as event_date,
            sum(handling_seconds) as handling_seconds,
            sum(review_count - timed_count) as untimed_count
        from {{ ref("fct_reviews_hourly") }}
        where landing_batch <= (select known_batch from context) and review_count > 0
        group by review_pool, cast(event_hour as date)
    ),

    days as (select distinct event_date from work where event_date is not null)

select pools.review_pool, days.event_date
from {{ ref("int_review_pools__staffed") }} as pools
cross join days
inner join
    work
    on coalesce(work.event_date, days.event_date) = days.event_date
    and coalesce(work.review_pool, '(unknown)') in (pools.review_pool, '(unknown)')
group by pools.review_pool, pools.reviewer_count, pools.hours_per_week, days.event_date
having
    sum(work.untimed_count) > 0
    or coalesce(
        sum(work.handling_seconds) > 0.85 * pools.reviewer_count * pools.hours_per_week * 3600 / 5,
        true
    )
