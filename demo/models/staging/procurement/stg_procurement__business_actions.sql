{{ penstock.native_stream("business_actions", source("procurement", "business_actions")) }}
