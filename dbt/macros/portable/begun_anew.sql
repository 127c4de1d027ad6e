{#- One row per class that came of a split or a merger: the day from which it is what it is now. -#}
{%- macro begun_anew() -%}
    (
        -- a part may have been renamed since
        select
            coalesce(renamed.decision_class, changes.decision_class) as decision_class,
            cast(max(changes.effective_from) as date) as effective_from
        from {{ ref("taxonomy_changes") }} as changes
        left join
            {{ penstock.renamed_classes() }} as renamed
            on changes.decision_class = renamed.former_class
        where changes.kind <> 'renamed'
        group by all
    )
{%- endmacro -%}
