"""wharfd and wharf beside their peers, in one run on one machine: the programme behind `cargo xtask bench`.

Each round does every row with every server before the next round begins, so that what disturbs the machine meets all.
The server runs on the first core, the load on the second."""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "interop"))

import client_rows  # noqa: E402
import fixture  # noqa: E402
import get  # noqa: E402
import machine  # noqa: E402
import page  # noqa: E402
import peers  # noqa: E402
import rows  # noqa: E402
import table  # noqa: E402
from harness import Failure, die, run  # noqa: E402

# The longest that one cell may take, and a whole run, in seconds. Quick runs are for a look at the programme.
PATIENCE = 120
# Where a row is a rate of small things, a cell that takes longer stops at this many seconds.
ENOUGH, ENOUGH_QUICK = 5, 2
# What takes longer than this many seconds is measured in one round alone.
SLOW = 15
LONGEST, LONGEST_QUICK = 50 * 60, 55
# A cell during which the host took more than this share of the machine's time is measured again, so many times at most.
STOLEN, TRIES = 0.04, 3


def arguments():
    parser = argparse.ArgumentParser(prog="cargo xtask bench")
    parser.add_argument("--target", type=Path, required=True, help="the build's target folder")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--rows", default="", help="only rows whose key begins with one of these, comma separated")
    parser.add_argument("--servers", default="", help="only these servers, comma separated")
    parser.add_argument("--quick", action="store_true", help="small sizes, one round")
    parser.add_argument("--full", action="store_true", help="also 15,000 idle sessions of wharfd")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md and its chart")
    parser.add_argument("--from", dest="source", type=Path, help="measure nothing: take the figures of this file, made by --json")
    parser.add_argument("--install", action="store_true", help="get missing peers")
    return parser.parse_args()


class Programme:
    """One run."""

    def __init__(self, chosen):
        self.chosen = chosen
        self.sizes = rows.QUICK if chosen.quick else rows.Sizes()
        self.rounds = chosen.rounds or (1 if chosen.quick else 5)
        self.target = chosen.target.resolve()
        if chosen.install:
            get.get(self.target / "peers")
        if shutil.which("openssl") is None:
            die("openssl is needed to make a certificate")
        self.begun = machine.described()
        self.places = fixture.prepare(self.target, self.sizes)
        self.running = {}
        self.cells, self.limits, self.problems = {}, {}, []
        self.deadline, self.left_out, self.done, self.slow = None, 0, 0, set()
        wanted = [name for name in chosen.servers.split(",") if name]
        for name in wanted:
            if name not in peers.SERVERS:
                die(f"no server {name}; there are {', '.join(peers.SERVERS)}")
        self.versions = peers.versions(self.places)
        self.names = [name for name in peers.SERVERS if name in self.versions and (not wanted or name in wanted)]
        self.missing = {name: how for name, (_, how) in peers.SERVERS.items() if name not in self.versions}
        self.rows = [row for row in rows.server_rows(self.sizes, chosen.full) if self.wanted(row.key)]
        self.clients = client_rows.Clients(self.places, self.sizes)
        self.client_rows = [row for row in self.clients.rows() if self.wanted(row.key)]

    def wanted(self, key):
        starts = [start for start in self.chosen.rows.split(",") if start]
        return not starts or any(key.startswith(start) for start in starts)

    def server(self, name, variant):
        """A running server of this kind; None where it has no such thing."""
        if (name, variant) not in self.running:
            places = self.places.on_disk() if variant in ("disk", "data", "full") else self.places
            self.running[name, variant] = peers.SERVERS[name][0](places, variant)
        return self.running[name, variant]

    def load(self, server, row, options):
        """The command of the load for this row."""
        user = server.anonymous if row.anonymous else server.user
        protection = "clear" if not row.tls else "tls128" if row.variant == "aes128" else "tls"
        words = [self.places.load, row.mode, f"127.0.0.1:{server.port}", user, protection, *options]
        words = [self.places.root / "big" if word == "BIG" else word for word in words]
        command = [str(word) for word in machine.pinned(1, words)]
        return command, {**os.environ, "WHARF_PASSWORD": server.password}

    def cell(self, name, row):
        """Measures one row of one server; None where there is no such thing."""
        if (row.only and row.only != name) or (name, row.key.split("-")[0]) in rows.NEVER:
            return None
        server = self.server(name, row.variant)
        if server is None or (row.anonymous and server.anonymous is None):
            return None
        if row.mode == "idle":
            return self.idle(name, server, row)
        fixture.empty(server.root / "up")
        command, env = self.load(server, row, row.options)
        got, cpu = stepped(command, env, server, ENOUGH_QUICK if self.chosen.quick else ENOUGH)
        values = [metric.value(got, cpu) for metric in row.metrics]
        return {"values": values, "load": got["cpu"] / got["seconds"], "resumed": got.get("resumed"),
                "full": got.get("full")}

    def client_cell(self, name, row):
        """Measures one row of one client, from a wharfd."""
        return self.clients.cell(name, row, self.server("wharfd", "plain"))

    def idle(self, name, server, row):
        """The growth of a fresh server under idle sessions, which several processes hold."""
        count, loads, before = row.options[1], [], server.memory()
        # A process may hold 20,000 descriptors on a usual system; several open their sessions side by side.
        part = min(-(-count // 4), 5000)
        watch = threading.Timer(PATIENCE, lambda: [child.kill() for child in loads])
        try:
            for opened in range(0, count, part):
                command, env = self.load(server, row, ("--count", min(part, count - opened)))
                loads.append(subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
            watch.start()
            if any(child.stdout.readline() != b"ready\n" for child in loads):
                raise Failure(f"not all of {count} sessions could be opened")
            grown = server.memory() - before
        finally:
            watch.cancel()
            for child in loads:
                child.stdin.close()
            for child in loads:
                child.wait(timeout=60)
            server.stop()
            del self.running[name, row.variant]
        return {"values": [metric.value({"grown": grown, "count": count}, 0) for metric in row.metrics], "load": 0}

    def late(self):
        """Whether the time of the run is up."""
        return time.monotonic() > self.deadline

    def one_round(self, number):
        wanted = {row.limit for row in [*self.rows, *self.client_rows] if row.limit}
        for name, options in fixture.limits(self.places, self.sizes):
            if wanted and (name in wanted or not self.chosen.rows) and not self.late():
                command = [str(word) for word in (self.places.load, "limit", *options)]
                got = json.loads(run(command, PATIENCE)[1])
                values = [got["bytes"] / got["seconds"] / 1e6,
                          got.get("server_cpu", got["cpu"]) / got["bytes"] * rows.GIB]
                self.limits.setdefault(name, []).append(values)
        for row in self.rows:
            if row.once and number > 0:
                continue
            # Who begins changes from round to round.
            turn = number % max(len(self.names), 1)
            for name in self.names[turn:] + self.names[:turn]:
                self.keep(row, name, lambda name=name, row=row: self.cell(name, row))
        for row in self.client_rows:
            for name in self.clients.names:
                self.keep(row, name, lambda name=name, row=row: self.client_cell(name, row))

    def keep(self, row, name, measure):
        begun = time.monotonic()
        if (row.key, name) in self.slow:
            return
        if begun > self.deadline:
            self.left_out += 1
            return
        try:
            cell = self.undisturbed(measure)
        except (Failure, OSError, ValueError, subprocess.SubprocessError) as problem:
            self.problems.append(f"{row.key}, {name}: {str(problem).strip().splitlines()[-1]}")
            print(f"  {row.key} {name}: {problem}", file=sys.stderr, flush=True)
            return
        if cell is None:
            return
        if time.monotonic() - begun > SLOW:
            self.slow.add((row.key, name))
        self.cells.setdefault(row.key, {}).setdefault(name, []).append(cell)
        figures = ", ".join(f"{value:.{metric.digits}f} {metric.unit}"
                            for value, metric in zip(cell["values"], row.metrics))
        print(f"  {row.key} {name}: {figures}  ({time.monotonic() - begun:.1f} s)", flush=True)

    def undisturbed(self, measure):
        """The cell during which the host took the least time from this machine."""
        best = None
        for _ in range(1 if self.chosen.quick else TRIES):
            begun, before = time.monotonic(), machine.stolen()
            cell = measure()
            if cell is None:
                return None
            seconds = time.monotonic() - begun
            cell["stolen"] = (machine.stolen() - before) / seconds / os.cpu_count()
            if best is None or cell["stolen"] < best["stolen"]:
                best = cell
            if best["stolen"] <= STOLEN or seconds > SLOW or time.monotonic() > self.deadline:
                break
        return best

    def outcome(self):
        """All that was found, as JSON has it."""
        medians = {}
        for key, by_name in self.cells.items():
            medians[key] = {name: [statistics.median(column) for column in zip(*(cell["values"] for cell in cells))]
                            for name, cells in by_name.items()}
        # What a machine can do is the best that it was seen doing.
        limits = {name: [max(rate for rate, _ in found), min(cpu for _, cpu in found)]
                  for name, found in self.limits.items()}
        return {
            "machine": {**self.begun, "load_after": os.getloadavg()[0]}, "rounds": self.done,
            "stolen": sorted(cell["stolen"] for row in self.cells.values() for cells in row.values() for cell in cells),
            "quick": self.chosen.quick, "versions": {**self.versions, **self.clients.versions},
            "notes": {name: peers.NOTES[name] for name in self.names if name in peers.NOTES},
            "missing": {**self.missing, **self.clients.missing}, "problems": self.problems, "limits": limits,
            "medians": medians, "cells": self.cells,
        }

    def run(self):
        begun = time.monotonic()
        self.deadline = begun + (LONGEST_QUICK if self.chosen.quick else LONGEST)
        try:
            for number in range(self.rounds):
                if not self.late():
                    print(f"round {number + 1} of {self.rounds}", flush=True)
                    self.one_round(number)
                    self.done += 1
        finally:
            for server in self.running.values():
                if server is not None:
                    server.stop()
            self.places.remove()
        outcome = self.outcome()
        outcome["seconds"] = round(time.monotonic() - begun)
        if self.left_out:
            print(f"the time was up: {self.left_out} cells of this round were left out", flush=True)
        return outcome


def stepped(command, env, server, enough):
    """Runs a load that stops before and behind what it measures; returns what it says, and the server's CPU between."""
    child = subprocess.Popen([*command, "--steps", "yes", "--seconds", str(enough)], env=env, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    # A load that hangs ends by this, and its pipes with it.
    watch = threading.Timer(PATIENCE, child.kill)
    watch.start()
    try:
        times = []
        for word in ("begin\n", "end\n"):
            if child.stdout.readline() != word:
                child.wait()
                raise Failure(child.stderr.read().strip() or f"not done after {PATIENCE} s")
            times.append(server.cpu())
            child.stdin.write("\n")
            child.stdin.flush()
        said, problem = child.communicate()
        if child.returncode != 0:
            raise Failure(problem.strip() or "the load failed")
        return json.loads(said), times[1] - times[0]
    finally:
        watch.cancel()
        child.kill()
        child.wait()


def main():
    chosen = arguments()
    # However the run ends, its servers end with it.
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda number, _: sys.exit(128 + number))
    programme = Programme(chosen)
    if chosen.source:
        outcome = json.loads(chosen.source.read_text())
        programme.places.remove()
    else:
        outcome = programme.run()
    sections = table.sections(programme, outcome)
    print(table.text(sections, outcome))
    if chosen.json:
        chosen.json.write_text(json.dumps(outcome, indent=1) + "\n")
    if chosen.write:
        page.write(Path(__file__).resolve().parents[2] / "docs", sections, outcome)
    raise SystemExit(1 if outcome["problems"] or not outcome["cells"] else 0)


main()
