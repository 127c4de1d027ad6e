"""Shared by all tests: the helpers beside this file are importable by name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
