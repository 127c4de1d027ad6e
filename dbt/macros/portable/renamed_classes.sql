{#- One row per former name of a class: the name it has now, however often it was renamed since. -#}
{%- macro renamed_classes() -%}
    (
        with recursive
            steps as (
                select former_class, decision_class
                from {{ ref("taxonomy_changes") }}
                where kind = 'renamed'
                union
                select steps.former_class, later.decision_class
                from steps
                inner join
                    {{ ref("taxonomy_changes") }} as later
                    on steps.decision_class = later.former_class
                    and later.kind = 'renamed'
            )

        select former_class, decision_class
        from steps
        where decision_class not in (select former_class from steps)
    )
{%- endmacro -%}
