"""``python -m dagster_project.transform.macros_digest``: renew the digest in ``dbt_project.yml``.

dbt knows the checksum of every model and seed, but not of macros. Their digest therefore stands in
the package's variables and goes into every ``build_id``, so that changed macros rebuild the facts.
"""

import hashlib
import re
from pathlib import Path

from dagster_project.files import write_durably

FOLDERS = ("adapters", "portable")
VARIABLE = re.compile(r'(macros_digest: ")[0-9a-f]*(")')


def macros_digest(package: Path) -> str:
    """Hex SHA-256 over the macros that facts are made with; ``package`` is the dbt folder."""
    digest = hashlib.sha256()
    for folder in FOLDERS:
        for path in sorted((package / "macros" / folder).rglob("*.sql")):
            digest.update(f"{path.relative_to(package)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def renew(package: Path) -> None:
    """Write the digest into the package's ``dbt_project.yml``."""
    settings = package / "dbt_project.yml"
    text = settings.read_text(encoding="utf-8")
    renewed, count = VARIABLE.subn(rf"\g<1>{macros_digest(package)}\g<2>", text)
    if count != 1:
        raise ValueError(f'{settings}: expected one line `macros_digest: "…"`, found {count}')
    write_durably(settings, renewed.encode())


if __name__ == "__main__":
    renew(Path(__file__).resolve().parents[2] / "dbt")
