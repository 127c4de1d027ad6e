{{ penstock.langfuse_decisions(source("langfuse", "observations"), route="delegated") }}
