{{ penstock.native_stream("reversals", source("procurement", "reversals")) }}
