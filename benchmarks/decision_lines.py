"""The file of ``make bench-landing``: decisions as an agent's log writes them, from a seed."""

import random
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

BLOCK_LINES = 20_000
START = datetime(2026, 1, 1, tzinfo=UTC)


def prepare(folder: Path, lines: int, every: int) -> Path:
    """``data/a.jsonl``; one line in ``every`` malformed, evenly spread."""
    (folder / "data").mkdir(parents=True)
    with (folder / "data/a.jsonl").open("wb") as stream:
        for first in range(0, lines, BLOCK_LINES):
            stream.writelines(block(first, min(BLOCK_LINES, lines - first), every))
    return folder


def pack(folder: Path) -> Path:
    """The same content as gz alone."""
    packer = zlib.compressobj(6, wbits=31)
    path = folder / "data/a.jsonl"
    with path.open("rb") as plain, Path(f"{path}.gz").open("wb") as packed:
        while chunk := plain.read(1 << 20):
            packed.write(packer.compress(chunk))
        packed.write(packer.flush())
    path.unlink()
    return folder


def block(first: int, count: int, every: int) -> Iterator[bytes]:
    """Lines ``first`` to ``first + count``; the same whatever the blocks are."""
    dice = random.Random(first)
    for number in range(first, first + count):
        line = decision(number, dice)
        if every and number % every == every // 2:
            line = BREAKS[number // every % len(BREAKS)](line)
        yield line.encode() + b"\n"


def decision(number: int, dice: random.Random) -> str:
    """What an agent's log looks like: names repeat, ids and numbers do not."""
    moment = START + timedelta(milliseconds=1_731 * number)
    agent = AGENTS[dice.randrange(len(AGENTS))]
    action = ACTIONS[dice.randrange(len(ACTIONS))]
    money = f'{dice.randrange(100, 5_000_000) / 100},"currency":"USD"'
    return (
        f'{{"decision_id":"d-{number:012x}","occurred_at":"{moment:%Y-%m-%dT%H:%M:%S}.'
        f'{number * 731 % 1000:03d}Z","workflow":"procurement",'
        f'"subject_id":"vendor-{dice.randrange(90_000):05d}",'
        f'"region":"{REGIONS[dice.randrange(3)]}",{agent},"action":"{action}",'
        f'"route":"{"delegated" if dice.random() < 0.8 else "surfaced"}",'
        f'"confidence":{dice.randrange(1_000_000) / 1_000_000},'
        f'"confidence_method":"model_probability",'
        f'"amount":{money if number % 4 else NO_MONEY},'
        f'"latency_ms":{dice.randrange(120, 9_000)},"input_tokens":{dice.randrange(200, 9_000)},'
        f'"output_tokens":{dice.randrange(20, 900)},"status":"ok"}}'
    )


NO_MONEY = 'null,"currency":null'
REGIONS = ("EMEA", "AMER", "APAC")
ACTIONS = ("match_invoice", "match_vendor_category", "approve_request", "classify_request")
AGENTS = tuple(
    f'"agent_id":"{name}-agent","agent_version":"{version}","model":"{model}",'
    f'"policy_version":"policy-{policy}"'
    for name, version, model, policy in (
        ("procurement", "3.2.0", "kestrel-2-2025-01", 7),
        ("procurement", "3.2.1", "kestrel-2-2025-06", 8),
        ("invoice", "1.0.4", "heron-1-2025-03", 8),
    )
)
BREAKS: tuple[Callable[[str], str], ...] = (
    lambda line: line[: len(line) // 2],
    lambda line: line.replace('"latency_ms":', '"latency_ms":"slow",'),
    lambda line: line.replace('Z","workflow"', '","workflow"'),
    lambda line: line.replace('"input_tokens":', '"input_tokens":1.5,"x":'),
    lambda line: line[:-1] + ',"status":"ok"}',
)
