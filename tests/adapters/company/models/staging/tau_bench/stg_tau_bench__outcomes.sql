{{ penstock.tau_bench_outcomes(source("tau_bench", "runs"), domain="airline") }}
