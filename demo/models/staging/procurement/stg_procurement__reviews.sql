{{ penstock.native_stream("reviews", source("procurement", "reviews")) }}
