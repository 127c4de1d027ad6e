{{ penstock.tau_bench_audit_sample(source("tau_bench", "runs")) }}
