{#- One row per class: what a signature on its map covers of the registry, as text that the map digest
    is made of. -#}
with
    thresholds as (
        select
            decision_class,
            string_agg(
                criterion_id || '=' || coalesce(cast(threshold as varchar), '(absent)'),
                ';'
                order by criterion_id
            ) as threshold_text
        from {{ ref("int_thresholds__effective") }}
        group by decision_class
    ),

    -- a segment that is no longer declared escapes its veto: that is another map
    segments as (
        select
            workflow,
            -- JSON, so that no value can be read as two
            to_json(
                list(
                    [
                        segment_dimension,
                        segment_value,
                        cast(coalesce(is_delegated_alone, false) as varchar)
                    ]
                    order by segment_dimension, segment_value, is_delegated_alone
                )
            ) as segment_text
        from {{ ref("segments") }}
        group by workflow
    ),

    -- each row caps the amount by what is proven: without one, more would be delegated
    limits as (
        select
            decision_class,
            to_json(
                list(cast(cast(amount_limit as decimal(18, 4)) as varchar) order by amount_limit)
            ) as limit_text
        from {{ ref("amount_limits") }}
        group by decision_class
    )

select
    classes.decision_class,
    thresholds.threshold_text,
    segments.segment_text,
    limits.limit_text,
    to_json(
        struct_pack(
            {%- for column in [
                "reversibility",
                "is_regulated",
                "cost_of_delay_amount",
                "error_cost",
                "error_cost_amount",
                "label_outcome",
                "label_delay_days",
                "latency_limit_ms",
                "operating_confidence",
                "review_pool",
                "review_wait_minutes",
                "alpha_weight",
                "required_fields",
                "cost_cap_amount",
            ] %}
                {{ column }} := cast(classes.{{ column }} as varchar) {{- "," if not loop.last }}
            {%- endfor %}
        )
    ) as inventory_text
from {{ ref("decision_classes") }} as classes
left join thresholds on classes.decision_class = thresholds.decision_class
left join segments on classes.workflow = segments.workflow
left join limits on classes.decision_class = limits.decision_class
