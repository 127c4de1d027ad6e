"""The command line: what a person or a scheduler types, and what comes back.

Lives here: one file per command, the words of the answers, exit codes. It may call every room.
Refused here: verdicts, figures and rules of any kind (a command shows what was published, or starts
what a room does), and imports that make ``penstock --help`` slow: heavy ones stand in functions.
"""
