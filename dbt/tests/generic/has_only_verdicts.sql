{#- Every row carries a verdict of the vocabulary; NULL is none. -#}
{% test has_only_verdicts(model, column_name) %}
    select {{ column_name }}
    from {{ model }}
    where
        {{ column_name }} is null
        or {{ column_name }}
        not in ('error', 'fail', 'stale', 'insufficient', 'pass', 'not_applicable')
{% endtest %}
