"""The machine: what it is, and what the processes of a server have cost it."""

import itertools
import os
import platform
import re
import shutil
import time
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
_numbers = itertools.count(1)


def described():
    """What a reader has to know of the machine."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text()).group(1))
    return {
        "date": time.strftime("%Y-%m-%d %H:%M %Z"),
        "cpu": model.group(1) if model else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**20, 1),
        "kernel": platform.release(),
        "load_before": os.getloadavg()[0],
    }


class Group:
    """A control group of our own that counts the processor time of all processes in it, to the nanosecond; without the
    right to make one, the clock ticks of the process and of the children that it has waited for."""

    def __init__(self):
        self.folder, self.unified = None, False
        number = next(_numbers)
        for base, proof in (("/sys/fs/cgroup", "cgroup.controllers"), ("/sys/fs/cgroup/cpuacct", "cpuacct.usage")):
            folder = Path(base) / f"wharf-bench-{os.getpid()}-{number}"
            if not (Path(base) / proof).is_file():
                continue
            try:
                folder.mkdir()
                # Only a group that may be entered is of use.
                os.close(os.open(folder / "cgroup.procs", os.O_WRONLY))
            except OSError:
                continue
            self.folder, self.unified = folder, proof == "cgroup.controllers"
            return

    def entering(self, command):
        """The command, put into the group before it begins."""
        if self.folder is None:
            return list(command)
        return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', self.folder / "cgroup.procs", *command]

    def cpu(self, process):
        """Processor seconds so far."""
        if self.folder is None:
            return sum(map(_ticks, _family(process))) / TICK
        if self.unified:
            return int(re.search(r"usage_usec (\d+)", (self.folder / "cpu.stat").read_text()).group(1)) / 1e6
        return int((self.folder / "cpuacct.usage").read_text()) / 1e9

    def processes(self, process):
        """The processes of the group."""
        if self.folder is None:
            return _family(process)
        return [int(line) for line in (self.folder / "cgroup.procs").read_text().split()]

    def close(self):
        """Removes the group; it must be empty."""
        for _ in range(100):
            if self.folder is None:
                return
            try:
                self.folder.rmdir()
                return
            except OSError:
                # The last processes are still on their way out.
                time.sleep(0.02)


def _stat(process):
    """The fields of /proc/PID/stat from the state on, or nothing when the process has gone."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


def _ticks(process):
    """Clock ticks of a process and of the children that it has waited for."""
    return sum(int(field) for field in _stat(process)[11:15])


def _family(process):
    """A process and all that descend from it."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _stat(entry.name)
            if fields:
                parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [process]
    for one in found:
        found += parents.get(one, [])
    return found


def memory(processes):
    """Proportional set size of processes, in KiB: what they share counts once."""
    total = 0
    for process in processes:
        try:
            text = Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        total += int(re.search(r"^Pss:\s*(\d+)", text, re.M).group(1))
    return total


def stolen():
    """Seconds that the host has taken from this machine's processors so far, of all of them together."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return int(fields[8]) / TICK if len(fields) > 8 else 0


def pinned(core, command):
    """The command bound to a core, where there is more than one."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2 or shutil.which("taskset") is None:
        return list(command)
    return ["taskset", "-c", cores[core], *command]
