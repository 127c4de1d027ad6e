{{ penstock.tau_bench_decisions(source("tau_bench", "runs"), domain="airline", model="gpt-4o") }}
