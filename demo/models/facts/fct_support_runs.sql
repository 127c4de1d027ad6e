-- One row per domain, mode and model: conversations, and those with full reward.
select
    info.environment_info.domain_name as domain,
    case
        when info.agent_info.implementation = 'llm_agent_solo' then 'no_user' else 'with_user'
    end as channel,
    info.agent_info.llm as model,
    cast(count(distinct id) as bigint) as run_count,
    cast(
        count(distinct case when reward_info.reward >= 1 then id end) as bigint
    ) as full_reward_count
from {{ source("tau2", "simulations") }}
group by all
