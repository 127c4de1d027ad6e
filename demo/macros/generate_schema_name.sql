{#- Layers are schemas, in the company's project as in the product's. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ penstock.generate_schema_name(custom_schema_name, node) }}
{%- endmacro %}
