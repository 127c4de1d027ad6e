{% test is_never_empty(model) %}
    select 1 as problem where not exists (select 1 from {{ model }})
{% endtest %}
