"""A real PostgreSQL for tests: Debian's package, a temporary data folder, loopback only."""

import grp
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = "postgresql"
START_SECONDS = 30


def required() -> set[str]:
    """What PENSTOCK_REQUIRE names must be there: without it a test fails instead of skipping."""
    return {name.strip() for name in os.environ.get("PENSTOCK_REQUIRE", "").split(",")}


def programs() -> Path:
    """The folder of the newest installed server; skips, or fails where one is required."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        say = pytest.fail if "postgres" in required() else pytest.skip
        say(f"the Debian package {PACKAGE} is not installed")
    return found[-1].parent if found else Path(str(on_path)).parent


@dataclass
class Server:
    """``dsn``: of the reader that a declaration names; ``admin``: of the owner of the tables."""

    folder: Path
    port: int
    password: str
    bin: Path

    @property
    def dsn(self) -> str:
        return f"postgresql://kpi_reader:{self.password}@127.0.0.1:{self.port}/postgres"

    @property
    def admin(self) -> str:
        return f"postgresql://boss:{self.password}@127.0.0.1:{self.port}/postgres"

    def sql(self, *statements: str) -> None:
        from adbc_driver_postgresql import dbapi

        with dbapi.connect(self.admin, autocommit=True) as connection:
            for statement in statements:
                with connection.cursor() as cursor:
                    cursor.execute(statement)

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off -k {self.folder}"
        log = self.folder / "server.log"
        command = [self.bin / "pg_ctl", "-D", self.folder / "data", "-w", "-t", str(START_SECONDS)]
        self._as_server([*command, "-l", log, "-o", options, "start"])

    def stop(self) -> None:
        self._as_server([self.bin / "pg_ctl", "-D", self.folder / "data", "-m", "fast", "stop"])

    def create(self) -> None:
        """The server refuses to run as root, so its files belong to an ordinary user there."""
        secret = self.folder / "password"
        secret.write_text(self.password)
        if _server_user():
            shutil.chown(self.folder, *_server_user())
            shutil.chown(secret, *_server_user())
        initdb = [self.bin / "initdb", "-D", self.folder / "data", "-U", "boss", "-E", "UTF8"]
        self._as_server(
            [*initdb, "--no-sync", "--locale=C", "--auth=scram-sha-256", f"--pwfile={secret}"]
        )

    def _as_server(self, command: list[object]) -> None:
        user = _server_user()
        subprocess.run(
            [str(word) for word in command],
            check=True,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            timeout=2 * START_SECONDS,
            **({"user": user[0], "group": user[1], "extra_groups": []} if user else {}),
        )


def _server_user() -> tuple[str, str] | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return name, grp.getgrgid(entry.pw_gid).gr_name
    return None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running() -> Iterator[Server]:
    """In a folder of its own: pytest's are closed to other users, and sockets want a short path."""
    folder = Path(tempfile.mkdtemp(prefix="penstock-pg-"))
    server = Server(folder, free_port(), f"pw-{secrets.token_hex(12)}", programs())
    folder.chmod(0o755)
    server.create()
    server.start()
    try:
        server.sql(
            "CREATE SCHEMA kpi",
            f"CREATE ROLE kpi_reader LOGIN PASSWORD '{server.password}'",
            "GRANT USAGE ON SCHEMA kpi TO kpi_reader",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA kpi GRANT SELECT ON TABLES TO kpi_reader",
        )
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
