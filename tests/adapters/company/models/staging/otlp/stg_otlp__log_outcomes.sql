{{ penstock.otlp_outcomes(source("otlp", "outcomes"), "logs") }}
