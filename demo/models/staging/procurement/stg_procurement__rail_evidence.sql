{{ penstock.native_stream("rail_evidence", source("procurement", "rail_evidence")) }}
