"""What is asked of the clients: the same files from one wharfd, kept in memory. The client runs on the second core."""

import os
import re
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass

import machine
from harness import Failure, fresh, run
from rows import GIB, SMALL, Metric

# The longest that one cell may take, in seconds.
PATIENCE = 120
RATE = Metric("MB/s", lambda got, cpu: got["bytes"] / got["seconds"] / 1e6, True, 0)
RATE_CPU = Metric("client CPU s/GiB", lambda got, cpu: cpu / got["bytes"] * GIB)
SECONDS = Metric("s", lambda got, cpu: got["seconds"])
SECONDS_CPU = Metric("client CPU s", lambda got, cpu: cpu)

CLIENTS = {
    "wharf": "cargo build",
    "curl": "Debian package curl",
    "lftp": "Debian package lftp",
    "wget": "Debian package wget",
    "rclone": "Debian package rclone, or `cargo xtask bench --install`",
}


@dataclass(frozen=True)
class ClientRow:
    """One thing that every client does."""

    key: str
    title: str
    metrics: tuple
    verb: str
    tls: bool
    limit: str = ""
    once: bool = False


class Clients:
    """The clients that are there."""

    def __init__(self, places, sizes):
        self.places, self.sizes = places, sizes
        self.names = [name for name in CLIENTS if name == "wharf" or shutil.which(name)]
        self.missing = {name: how for name, how in CLIENTS.items() if name not in self.names}
        self.versions = {name: self.version(name) for name in self.names}

    def version(self, name):
        program = self.places.wharf if name == "wharf" else name
        _, said = run([program, "version" if name == "rclone" else "--version"], 20, check=False)
        found = re.search(r"\d+\.\d[^\s|]*", said.decode(errors="replace"))
        return found.group() if found else "?"

    def rows(self):
        """All rows in the order of the table."""
        size = f"{self.sizes.big >> 20} MiB"
        rows = []
        for verb, title, metrics in (
            ("get", f"download of {size}", (RATE, RATE_CPU)),
            ("put", f"upload of {size}", (RATE, RATE_CPU)),
            ("mirror", f"mirror of {self.sizes.files} files of 4 KiB", (SECONDS, SECONDS_CPU)),
        ):
            for name, tls in (("clear", False), ("tls", True)):
                limit = "" if verb == "mirror" else "tls256" if tls else "copy"
                rows.append(ClientRow(f"client-{verb}-{name}", f"{title}, {name}", metrics, verb, tls, limit))
        return rows

    def cell(self, name, row, server):
        """Measures one row of one client; None where it has no such thing."""
        got = fresh(self.places.root / "got")
        up = server.root / "up"
        for path in up.iterdir():
            path.unlink()
        local = self.places.root / "big" if row.verb == "put" else got / ("tree" if row.verb == "mirror" else "big")
        remote = {"get": "big", "put": "up/big", "mirror": "small"}[row.verb]
        asked = self.command(name, row, server, remote, local)
        if asked is None:
            return None
        words, env = asked
        seconds, cpu = self.timed(machine.pinned(1, words), env)
        there = up / "big" if row.verb == "put" else local
        bytes_moved = _size(there)
        expected = self.sizes.files * SMALL if row.verb == "mirror" else self.sizes.big
        if bytes_moved != expected:
            raise Failure(f"{bytes_moved} bytes came instead of {expected}")
        shutil.rmtree(got)
        measured = {"seconds": seconds, "bytes": bytes_moved, "count": 1}
        return {"values": [metric.value(measured, cpu) for metric in row.metrics], "load": 0}

    def timed(self, words, env):
        """Runs a client to its end: wall seconds and processor seconds, its children's among them."""
        env = {**os.environ, "HOME": str(self.places.work), "XDG_STATE_HOME": str(self.places.work),
               "XDG_CONFIG_HOME": str(self.places.work), **env}
        with open(self.places.work / "client.out", "w+b") as out:
            begun = time.monotonic()
            child = subprocess.Popen([str(word) for word in words], env=env, stdin=subprocess.DEVNULL, stdout=out,
                                     stderr=subprocess.STDOUT)
            watch = threading.Timer(PATIENCE, child.kill)
            watch.start()
            _, status, used = os.wait4(child.pid, 0)
            seconds = time.monotonic() - begun
            watch.cancel()
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode != 0:
                out.seek(0)
                raise Failure(f"exit {child.returncode}: " + out.read().decode(errors="replace").strip()[-300:])
        return seconds, used.ru_utime + used.ru_stime

    def command(self, name, row, server, remote, local):
        """The command line of a client, and what it needs in its environment; None where it has no such thing."""
        address, user, password = f"127.0.0.1:{server.port}", server.user, server.password
        url, ca = f"ftp://{address}/{remote}", self.places.ca
        if name == "wharf":
            url = f"ftp://{user}@{address}/{remote}"
            words = [self.places.wharf, "--quiet", "--trust", f"ca:{ca}", "--tls", "explicit" if row.tls else "off"]
            what = {"get": ["get", url, local], "put": ["put", local, url], "mirror": ["get", "-r", url, local]}
            return [*words, *what[row.verb]], {"WHARF_PASSWORD": password}
        if name == "curl" and row.verb != "mirror":
            words = ["curl", "--silent", "--show-error", "--disable", "--user", f"{user}:{password}"]
            words += ["--ssl-reqd", "--cacert", ca] if row.tls else []
            return [*words, "--output" if row.verb == "get" else "--upload-file", local, url], {}
        if name == "lftp":
            tls = "true" if row.tls else "false"
            what = {"get": f"get {remote} -o {local}", "put": f"put {local} -o {remote}",
                    "mirror": f"mirror -P4 --no-perms {remote} {local}"}
            # It asks for MODE Z where a server offers it: that would measure zlib.
            script = (f"set cmd:fail-exit true; set ftp:use-mode-z false; "
                      f"set ftp:ssl-allow {tls}; set ftp:ssl-force {tls}; "
                      f"set ftp:ssl-protect-data {tls}; set ssl:ca-file {ca}; set net:max-retries 1; "
                      f"open -u {user},{password} ftp://{address}; {what[row.verb]}")
            return ["lftp", "--norc", "-c", script], {}
        if name == "wget" and row.verb == "get":
            if row.tls:
                url = f"ftps://{address}/{remote}"
            return ["wget", "--no-config", "--quiet", "--user", user, "--password", password, "--ca-certificate", ca,
                    "--output-document", local, url], {}
        if name == "rclone" and row.verb == "mirror":
            secret = run(["rclone", "obscure", password])[1].decode().strip()
            host, port = address.split(":")
            env = {"TYPE": "ftp", "HOST": host, "PORT": port, "USER": user, "PASS": secret, "SHUT_TIMEOUT": "1s",
                   "EXPLICIT_TLS": "true" if row.tls else "false", "NO_CHECK_CERTIFICATE": "true"}
            env = {f"RCLONE_CONFIG_BENCH_{key}": value for key, value in env.items()}
            return ["rclone", "--config", "/dev/null", "copy", f"bench:{remote}", local], env
        return None


def _size(path):
    """The bytes of a file, or of all files below a folder."""
    if path.is_dir():
        return sum(found.stat().st_size for found in path.rglob("*") if found.is_file())
    return path.stat().st_size if path.is_file() else 0
