{#- Who can review: people that a pool registers and that are named as its reviewers. -#}
with
    named as (
        select review_pool, count(*) as reviewer_count
        from {{ ref("reviewers") }}
        group by review_pool
    )

select
    pools.review_pool,
    least(pools.reviewer_count, coalesce(named.reviewer_count, 0)) as reviewer_count,
    pools.hours_per_week
from {{ ref("review_pools") }} as pools
left join named on pools.review_pool = named.review_pool
