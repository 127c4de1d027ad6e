{{ penstock.otlp_audit_sample(source("otlp", "spans")) }}
