"""Shared by all tests: the helpers beside this file are importable by name."""

import gc
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
# dbt and Great Expectations keep millions of objects; looking through them every 700 allocations
# took a tenth of the time
gc.set_threshold(200_000, 50, 1000)
