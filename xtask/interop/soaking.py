"""What every soak needs: its arguments, its folder, and the way in which it ends."""

import argparse
import threading
import time
from pathlib import Path

import servers
from harness import Failure, Outcomes, die, fresh, make_certificate


def soak(name, step):
    """Runs `step(places, outcomes)` in a folder of its own; a failure ends the program with 1 or 2."""
    parser = argparse.ArgumentParser(prog=f"cargo xtask soak {name}")
    for word in ("--target", "--wharfd", "--wharf"):
        parser.add_argument(word, type=Path, required=True)
    chosen = parser.parse_args()
    target = chosen.target.resolve()
    work = fresh(target / f"soak-{name}")
    places = servers.Places(work, target / "peers", chosen.wharfd, chosen.wharf, *make_certificate(work))
    outcomes, begun = Outcomes(), time.monotonic()
    try:
        step(places, outcomes)
    except (Failure, OSError) as problem:
        die(str(problem))
    print(f"{name}: {time.monotonic() - begun:.0f} s")
    raise SystemExit(1 if outcomes.failed or outcomes.skipped else 0)


def resident(process):
    """Resident bytes of a process."""
    text = Path(f"/proc/{process}/status").read_text()
    return int(text.split("VmRSS:", 1)[1].split()[0]) << 10


def threads(process):
    """Threads of a process."""
    return len(list(Path(f"/proc/{process}/task").iterdir()))


def descriptors(process):
    """Open files of a process."""
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


class Tally:
    """Counts by name, from many threads."""

    def __init__(self):
        self.lock, self.counts = threading.Lock(), {}

    def add(self, name, many=1):
        with self.lock:
            self.counts[name] = self.counts.get(name, 0) + many

    def __getitem__(self, name):
        return self.counts.get(name, 0)

    def total(self, *beginnings):
        """The sum of all counts whose names begin so."""
        with self.lock:
            return sum(count for name, count in self.counts.items() if name.startswith(beginnings))


def figures(rows):
    """A Markdown table of names and numbers."""
    return "\n".join(["| what | figure |", "|---|---|", *(f"| {name} | {value:,} |" for name, value in rows)])
