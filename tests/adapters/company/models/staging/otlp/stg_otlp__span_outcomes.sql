{{ penstock.otlp_outcomes(source("otlp", "spans"), "spans") }}
