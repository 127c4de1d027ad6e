"""The console script. ``may-act`` is answered before Typer is imported: a runtime waits for it."""

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (docs/cli.md lists them)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["may-act"]:
        from dagster_project.cli.permission import answer

        return answer(arguments[1:])
    if arguments == ["--version"]:
        from importlib.metadata import version

        sys.stdout.write(f"penstock {version('penstock')}\n")
        return 0
    from dagster_project.cli.app import run_app

    return run_app(arguments)


if __name__ == "__main__":
    sys.exit(main())
