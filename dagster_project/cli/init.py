"""``penstock init``: a company project to begin with."""

from pathlib import Path

from dagster_project.cli.faults import UsageProblemError

# for a folder that was just made; README.md in it says the rest
NEXT = ("penstock doctor --parse", "penstock run", "penstock scorecard")


def start_project(folder: Path, *, as_json: bool) -> None:
    """Write the project and say what comes next. Raises UsageProblemError."""
    from dagster_project.cli.screen import console, emit_json, text
    from dagster_project.starter import StarterError, write_project

    try:
        files = write_project(folder)
    except StarterError as error:
        raise UsageProblemError(str(error)) from error
    root = folder.resolve()
    if as_json:
        emit_json({"project": str(root), "files": files, "next": list(NEXT)})
        return
    out = console()
    out.print(text(f"{len(files)} files written to {root}; README.md there says what comes next:"))
    for line in (f"cd {root}", *NEXT):
        out.print(text(f"  {line}"), soft_wrap=True)
