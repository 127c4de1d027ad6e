"""Shown: numbers that people read beside the verdicts, and that no gate reads.

Lives here: ``calibration``, ``agreement`` and ``paired`` (pure mathematics), ``confidence`` and
``reviewers`` (facts to rows), ``write`` (the only writer of ``evidence.confidence``,
``evidence.reliability`` and ``evidence.agreement``).

Refused here: anything that a criterion is held against. A calibration error is biased upwards by
chance (0.099 at 50 labels of a perfect agent), so it may inform and never decide; what decides on
confidence is the bounded error of ``estimates``.
"""
