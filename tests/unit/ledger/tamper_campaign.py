"""Tampering, clean runs and kills in numbers: ``make tamper``.

Exit 0 only when every tampering is seen beside an anchor, no clean run raises an alarm, and no kill
loses a line that was acknowledged or breaks the chain.
"""

import random
import shutil
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from may_act_world import NOW, RUN, make_world
from tampering import TAMPERINGS, grown, kill_writers

from dagster_project.ledger.ledger import Entry, append, read, verify
from dagster_project.ledger.revocation import lift, revoke

HISTORIES, TRIES = 10, 50
LEDGERS, RUNS_EACH = 20, 50
KILLS = 80


def tamper(folder: Path) -> bool:
    """Every kind on ten ledgers of 30 runs, 50 times each."""
    missed = dict.fromkeys(TAMPERINGS, 0)
    chain_alone = dict.fromkeys(TAMPERINGS, 0)
    for number in range(HISTORIES):
        history = grown(folder / f"history{number}", 30, random.Random(number))
        for name, change in TAMPERINGS.items():
            chance = random.Random(f"{name}{number}")
            for _ in range(TRIES):
                change(history, chance).write(folder / "tampered")
                missed[name] += not verify(folder / "tampered", folder / "tampered/anchor.jsonl")
                chain_alone[name] += bool(verify(folder / "tampered"))
    for name in TAMPERINGS:
        tried = HISTORIES * TRIES
        print(f"{name}: {tried - missed[name]} of {tried} seen, {chain_alone[name]} by the chain")
        print(f"RESULT tamper_{name}_missed={missed[name]}")
    print(f"RESULT tamperings_tried={len(TAMPERINGS) * HISTORIES * TRIES}")
    return not any(missed.values())


def clean_runs(folder: Path) -> bool:
    """Runs, revocations and lifts over two months: no problem is reported, and may-act allows."""
    alarms = denials = done = 0
    for number in range(LEDGERS):
        place = folder / f"clean{number}"
        place.mkdir()
        world, chance = make_world(place), random.Random(number)
        for hour in range(1, RUNS_EACH + 1):
            time = RUN + timedelta(hours=hour)
            if chance.random() < 0.1:
                for change in (revoke, lift):
                    change(world.ledger, None, reason="x", actor="a", time=time, watch=world.watch)
            world.run(time)
            alarms += bool(verify(world.ledger, world.anchor, world.publish))
            denials += not world.ask(now=NOW + timedelta(hours=hour)).allowed
            done += 1
        shutil.rmtree(place)
    print(f"RESULT clean_runs={done}\nRESULT false_alarms={alarms}\nRESULT false_denials={denials}")
    return alarms == denials == 0


def kills(folder: Path) -> bool:
    """Writers killed while they append and tell the anchor."""
    acknowledged = kill_writers(folder, KILLS, random.Random(80))
    append(folder, [Entry("note", "after", {})], actor="test", time=datetime.now(UTC))
    there = {line.seq: line.hash for line in read(folder)}
    lost = sum(there.get(seq) != digest for seq, digest in acknowledged.items())
    problems = len(verify(folder, folder / "anchor.jsonl"))
    torn = len(list(folder.glob("torn-*")))
    print(f"RESULT kills={KILLS}\nRESULT acknowledged_batches={len(acknowledged)}")
    print(f"RESULT torn_tails={torn}\nRESULT acknowledged_lost={lost}")
    print(f"RESULT chain_problems={problems}")
    return lost == problems == 0


def main() -> int:
    """All three, each in a folder of its own."""
    good = []
    for part in (tamper, clean_runs, kills):
        with tempfile.TemporaryDirectory() as name:
            good.append(part(Path(name)))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
