{#- A share from text; what is no number from 0 to 1 is unknown. -#}
{% macro share_of(text) -%}
    case when try_cast({{ text }} as double) between 0 and 1 then try_cast({{ text }} as double) end
{%- endmacro %}

{#- A count from text; what is no whole number from 0 is unknown. -#}
{% macro count_of(text) -%}
    case when try_cast({{ text }} as bigint) >= 0 then try_cast({{ text }} as bigint) end
{%- endmacro %}

{#- One of the words of a column, in small letters; another word is unknown. -#}
{% macro word_of(text, words) -%}
    case when lower({{ text }}) in ({{ penstock.text_list(words) }}) then lower({{ text }}) end
{%- endmacro %}
