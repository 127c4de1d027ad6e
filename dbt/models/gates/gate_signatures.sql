{#- One row per class, segment and role: how many valid signatures of exactly this map there are, by
    people who hold the role, are active and did not sign in the other one, and the first day on which
    none of them does any longer. -#}
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
            least(cast(signs.expires_at as date), owners.ends_on) as ends_on
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

    valid as (select * from signatures where is_current and is_holder),

    counted as (
        select
            valid.decision_class,
            valid.segment,
            valid.role,
            count(distinct valid.person_id) as valid_count,
            max(valid.ends_on) as ends_on
        from valid
        -- two people: whoever also signed in the other role does not count
        left join
            valid as other
            on valid.decision_class = other.decision_class
            and valid.segment = other.segment
            and valid.person_id = other.person_id
            and valid.role <> other.role
        where other.person_id is null
        group by valid.decision_class, valid.segment, valid.role
    ),

    given as (
        select decision_class, segment, role, count(*) as any_count
        from signatures
        group by decision_class, segment, role
    )

select
    maps.decision_class,
    maps.segment,
    roles.role,
    coalesce(counted.valid_count, 0) as valid_count,
    coalesce(given.any_count, 0) as any_count,
    counted.ends_on
from maps
cross join (select unnest(['business', 'risk']) as role) as roles
left join
    counted
    on maps.decision_class = counted.decision_class
    and maps.segment = counted.segment
    and roles.role = counted.role
left join
    given
    on maps.decision_class = given.decision_class
    and maps.segment = given.segment
    and roles.role = given.role
