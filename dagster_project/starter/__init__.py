"""A new company project: what ``penstock init`` writes.

Lives here: the files of a small project (``project/``, named as they are written, with ``.tmpl``
behind and ``dot-`` for a leading dot), the rows of its example, and writing it whole or not at all.
What the product knows already is not repeated in a template: headers and types of the registry come
from ``contracts/registry``, columns of a stream from ``contracts/streams``.

Refused here: checking a project (``contracts`` and the doctor do), and changing one that exists.
"""

from dagster_project.starter.write import StarterError, write_project

__all__ = ["StarterError", "write_project"]
