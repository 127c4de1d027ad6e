{{ penstock.native_stream("kpis", source("procurement", "kpis")) }}
