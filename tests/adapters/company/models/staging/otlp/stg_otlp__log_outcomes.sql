{{ penstock.otlp_outcomes(source("otlp", "logs"), "logs") }}
