with
    context as (select * from {{ ref("int_run_context") }}),

    maps as (select * from {{ ref("gate_autonomy_map") }} where segment = 'all'),

    counted as (
        select distinct decision_class, role, valid_count
        from {{ ref("gate_signatures") }}
        where segment = 'all'
    )

select
    context.as_of,
    signs.sign_off_id,
    maps.workflow,
    signs.decision_class,
    signs.role,
    signs.person_id,
    signs.signed_at,
    signs.expires_at,
    case
        when signs.signed_at > context.as_of
        then 'signed_at'
        when signs.expires_at <= context.as_of
        then 'expires_at'
        when signs.map_digest is distinct from maps.map_digest
        then 'map_digest'
        when owners.person_id is null
        then 'person_id'
        when coalesce(counted.valid_count, 0) = 0
        then 'role'
    end as rejected_column
from {{ ref("sign_offs") }} as signs
cross join context
left join maps on signs.decision_class = maps.decision_class
left join
    {{ ref("int_owners__active") }} as owners
    on maps.workflow = owners.workflow
    and signs.role = owners.role
    and signs.person_id = owners.person_id
left join counted on signs.decision_class = counted.decision_class and signs.role = counted.role
