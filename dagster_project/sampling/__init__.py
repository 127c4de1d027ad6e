"""The audit sample, drawn by Penstock: who picks what is reviewed must not be who is judged.

Lives here: reading the settled decisions, asking the rule (``contracts.audit_draw``) about each,
and publishing what it selects as files, which land as the stream ``audit_sample``.

Refused here: the rule itself (the simulator draws by the same one), rates (they are registered),
labels, and what a missing selection means (evidence).
"""

from dagster_project.sampling.draw import Drawn, draw_sample
from dagster_project.sampling.files import SampleFileError

__all__ = ["Drawn", "SampleFileError", "draw_sample"]
