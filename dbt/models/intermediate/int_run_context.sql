-- Without a row from `penstock run`: the newest landed batch, never the clock.
select
    coalesce(
        (select max(as_of) from {{ source("landing", "run_context") }}),
        (select max(cast(landed_at as date)) from {{ source("landing", "files") }})
    ) as as_of,
    coalesce(
        (select max(known_batch) from {{ source("landing", "run_context") }}),
        (select max(landing_batch) from {{ source("landing", "files") }})
    ) as known_batch
