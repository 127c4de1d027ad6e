{{ penstock.native_stream("audit_sample", source("procurement", "audit_sample")) }}
