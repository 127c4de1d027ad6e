{#- How many versions of the heavy lane made the facts that gates read; anything but one is an error.
    What is frozen cannot be made again, and was of one version when it froze. -#}
with
    builds as (
        {%- for fact in [
            "fct_decisions_daily",
            "fct_latency_daily",
            "fct_samples_weekly",
            "fct_amounts_weekly",
            "fct_reviews_daily",
            "fct_reviews_hourly",
            "fct_reversals_daily",
            "fct_actions_daily",
            "fct_cohorts",
            "fct_files_settled",
            "fct_kpis",
            "fct_outcomes_daily",
            "fct_rails_daily",
            "fct_sources_served",
            "fct_unreadable",
            "fct_watermarks",
        ] %}
            select distinct build_id, landing_batch
            from {{ ref(fact) }}
            where
                landing_batch <= (select known_batch from {{ ref("int_run_context") }})
                {{ "union" if not loop.last }}
        {%- endfor %}
    )

select cast(count(*) as bigint) as build_count
from
    (
        select distinct build_id
        from builds
        where
            landing_batch
            not in (select landing_batch from {{ source("landing", "files") }} where is_frozen)
    ) as counted
