{#- One row per class, segment and role: how many valid signatures of exactly this map there are, by
    people who hold the role, are active and did not sign in the other one. -#}
with
    context as (select * from {{ ref("int_run_context") }}),

    maps as (select * from {{ ref("gate_autonomy_map") }}),

    signatures as (
        select
            maps.decision_class,
            maps.segment,
            signs.role,
            signs.person_id,
            signs.map_digest = all_map.map_digest
            and cast(signs.signed_at as date) <= context.as_of
            and cast(signs.expires_at as date) > context.as_of as is_current,
            owners.person_id is not null as is_holder,
            cast(signs.signed_at as date) as signed_date
        from maps
        cross join context
        inner join
            maps as all_map
            on maps.decision_class = all_map.decision_class
            and all_map.segment = 'all'
        inner join {{ ref("sign_offs") }} as signs on maps.decision_class = signs.decision_class
        left join
            {{ ref("int_owners__active") }} as owners
            on maps.workflow = owners.workflow
            and signs.role = owners.role
            and signs.person_id = owners.person_id
    ),

    valid as (select * from signatures where is_current and is_holder)

select
    maps.decision_class,
    maps.segment,
    roles.role,
    (
        select count(distinct valid.person_id)
        from valid
        where
            valid.decision_class = maps.decision_class
            and valid.segment = maps.segment
            and valid.role = roles.role
            -- two people: whoever also signed in the other role does not count
            and valid.person_id not in (
                select other.person_id
                from valid as other
                where
                    other.decision_class = maps.decision_class
                    and other.segment = maps.segment
                    and other.role <> roles.role
            )
    ) as valid_count,
    (
        select count(*)
        from signatures
        where
            signatures.decision_class = maps.decision_class
            and signatures.segment = maps.segment
            and signatures.role = roles.role
    ) as any_count
from maps
cross join (select unnest(['business', 'risk']) as role) as roles
