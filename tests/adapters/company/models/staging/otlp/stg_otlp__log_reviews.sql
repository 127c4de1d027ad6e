{{ penstock.otlp_reviews(source("otlp", "outcomes"), "logs") }}
