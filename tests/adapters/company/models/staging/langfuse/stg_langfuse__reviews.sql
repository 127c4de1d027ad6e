{{ penstock.langfuse_reviews(source("langfuse", "outcomes"), source("langfuse", "observations")) }}
