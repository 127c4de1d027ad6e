-- One row per workflow, role and active person who holds it at as_of.
select distinct owners.workflow, owners.role, owners.person_id
from {{ ref("owners") }} as owners
inner join {{ ref("people") }} as people on owners.person_id = people.person_id and people.is_active
cross join {{ ref("int_run_context") }} as context
where
    owners.valid_from <= context.as_of
    and (owners.valid_until is null or owners.valid_until > context.as_of)
