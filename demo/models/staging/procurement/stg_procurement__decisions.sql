{{ penstock.native_stream("decisions", source("procurement", "decisions")) }}
