{#- Before a model: rows that an earlier build made of the batches it makes now. By literals, as
    `delete+insert` would not: it looks through the whole table. -#}
{% macro forget_new_batches() %}
    {%- if is_incremental() -%}
        delete from {{ this }} where {{ penstock.only_new_batches() }}
    {%- endif -%}
{% endmacro %}

{#- With the rows goes the word that they are made, in one transaction with the model and with
    `note_made_batches`. A table that is made anew forgets every batch. -#}
{% macro forget_made_batches() %}
    {{- penstock.refuse_to_lose_frozen() -}}
    delete from intermediate.made_batches
    where
        model = '{{ penstock.this_model() }}'
        {%- if is_incremental() %} and {{ penstock.only_new_batches() }} {%- endif -%}
{% endmacro %}
