{{ penstock.langfuse_reviews(source("langfuse", "traces"), source("langfuse", "observations")) }}
