select
    workflows.workflow,
    roles.role,
    owners.person_id,
    people.name as person_name,
    owners.person_id is null as is_vacant
from {{ ref("workflows") }} as workflows
cross join (select unnest(['business', 'technical', 'risk']) as role) as roles
left join
    {{ ref("int_owners__active") }} as owners
    on workflows.workflow = owners.workflow
    and roles.role = owners.role
left join {{ ref("people") }} as people on owners.person_id = people.person_id
