select person_id, name as person_name, is_active from {{ ref("people") }}
