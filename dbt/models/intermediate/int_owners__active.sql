-- One row per workflow, role and active person who holds it at as_of, and the first day no longer.
select
    owners.workflow,
    owners.role,
    owners.person_id,
    -- without a row that says so, nobody knows an end
    case when count(owners.valid_until) = count(*) then max(owners.valid_until) end as ends_on
from {{ ref("owners") }} as owners
inner join {{ ref("people") }} as people on owners.person_id = people.person_id and people.is_active
cross join {{ ref("int_run_context") }} as context
where
    owners.valid_from <= context.as_of
    and (owners.valid_until is null or owners.valid_until > context.as_of)
group by owners.workflow, owners.role, owners.person_id
