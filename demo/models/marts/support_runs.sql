select domain, channel, model, run_count, full_reward_count from {{ ref("fct_support_runs") }}
