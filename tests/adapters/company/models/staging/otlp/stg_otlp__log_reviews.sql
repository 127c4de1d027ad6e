{{ penstock.otlp_reviews(source("otlp", "logs"), "logs") }}
