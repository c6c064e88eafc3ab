"""Uploads through a network that delays: every byte arrives; and uploads that are cut: nothing changes."""

import ftplib
import json
import os
import socket
import struct
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from copy import copy

import clients
import servers
import session_client
from harness import Failure, content, fresh, run, varied_size
from proxy import ADDRESS, Proxy, port_range
from sessions import HERE

SMALLEST, LARGEST = 1, 1 << 20
NAMES = ("wharf", "curl", "lftp", "ftplib")
PORTS = 200


class Uploads:
    """`each` uploads by every client, in sessions of `batch`."""

    def __init__(self, places, each, batch):
        self.places, self.each, self.batch = places, each, batch
        self.source = fresh(places.work / "uploads-source")
        self.clients = {"wharf": clients.Wharf(places), "curl": clients.Curl(places), "lftp": clients.Lftp(places)}
        self.python = clients.Ftplib(places, True)
        self.server = None

    def batches(self):
        return range(self.each // self.batch)

    def make_sources(self):
        """What wharf, curl and lftp send; ftplib makes the same bytes itself."""
        for batch in self.batches():
            (self.source / f"{batch}").mkdir()
            for number in range(self.batch):
                (self.source / f"{batch}" / f"{number}").write_bytes(self.bytes_of(batch, number))

    @staticmethod
    def bytes_of(batch, number):
        """The content of one file."""
        name = f"{batch}/{number}"
        return content(name, varied_size(name, SMALLEST, LARGEST))

    def command(self, name, batch):
        """The words that send one batch to /pub/NAME-BATCH."""
        server, mode, remote = self.server, "explicit", f"{name}-{batch}"
        folder, numbers = self.source / f"{batch}", range(self.batch)
        if name == "wharf":
            wharf = self.clients[name]
            return [self.places.wharf, *wharf.options(mode), "--tls-min", "1.3", "put", "-r", "-j1", folder,
                    wharf.url(server, mode, remote)]
        if name == "lftp":
            puts = [f"put {folder / str(number)} -o /pub/{remote}/{number}" for number in numbers]
            settings = ["set ssl:priority NORMAL:-VERS-ALL:+VERS-TLS1.3", "set ftp:prefer-epsv yes"]
            return self.clients[name].script(server, mode, *settings, *puts)
        if name == "ftplib":
            return [sys.executable, "-B", HERE / "session_client.py", mode, "reuse", "1.3", server.host, server.ports[mode],
                    self.places.ca, "uploads", self.batch, f"/pub/{remote}/", f"{batch}/", SMALLEST, LARGEST]
        config = self.places.work / f"curl-{batch}.conf"
        common = f'tlsv1.3\nssl-reqd\ncacert = "{self.places.ca}"\nuser = "{server.user}:{server.password}"\nfail-early\n'
        config.write_text("next\n".join(
            f'{common}upload-file = "{folder / str(number)}"\nurl = "{self.clients[name].url(server, mode, remote)}/{number}"\n'
            for number in numbers))
        return ["curl", "--disable", "-sS", "--config", config]

    def send(self, name, batch):
        """Sends one batch and compares what lies on the server."""
        folder = self.server.path(f"{name}-{batch}")
        if name != "wharf":
            folder.mkdir()
        client = self.clients.get(name, self.python)
        _, said = run(self.command(name, batch), 1800, client.env(self.server))
        if name == "ftplib":
            told = json.loads(said.splitlines()[-1])
            if told["refused"] or told["done"] != self.batch or told["full"]:
                raise Failure(f"ftplib: {told}")
        for number in range(self.batch):
            expected, found = self.bytes_of(batch, number), folder / f"{number}"
            if not found.is_file() or found.read_bytes() != expected:
                raise Failure(f"{found} is not what {name} sent")
            found.unlink()

    def run(self):
        """All batches of all clients; the figures."""
        self.make_sources()
        first = port_range(PORTS)
        extra = ["--passive-ports", f"{first}-{first + PORTS - 1}", "--log-format", "json", "--log-level", "debug"]
        with servers.wharfd(self.places, "require", extra) as server:
            self.server = copy(server)
            self.server.host = ADDRESS
            ports = [server.ports["explicit"], *range(first, first + PORTS)]
            with Proxy(ports) as proxy, ThreadPoolExecutor(3) as busy, ThreadPoolExecutor(12) as sleepy:
                # curl sleeps a second whenever a handshake does not finish at its first try: here nearly always.
                waiting = [(sleepy if name == "curl" else busy).submit(self.send, name, batch)
                           for batch in self.batches() for name in NAMES]
                problems = [str(future.exception()) for future in waiting if future.exception()]
            codes, resumed, stored = _codes(server.logs[0])
        if problems:
            raise Failure("\n".join(problems[:10]))
        wanted = self.each * len(NAMES)
        # wharf lists when it has no tickets left: those are transfers too.
        if stored != {226: wanted} or codes.keys() != {226} or resumed != {True: codes[226]}:
            raise Failure(f"uploads {dict(stored)}, all {dict(codes)}, resumed {dict(resumed)} instead of {wanted} times 226")
        return [("uploads, each byte-equal", wanted), ("426", codes[426]), ("data connections", codes[226]),
                ("full handshakes on data connections", resumed[False]), ("connections through the proxy", proxy.connections),
                ("pieces", proxy.pieces), ("bytes", proxy.bytes), ("resets passed on", proxy.resets)]


def _codes(log):
    """How transfers ended, how many data connections resumed, and how uploads ended, in wharfd's log."""
    codes, resumed, stored = Counter(), Counter(), Counter()
    for line in log.read_text(errors="backslashreplace").splitlines():
        if '"message":"transferred"' in line:
            event = json.loads(line)
            codes[event.get("code", 0)] += 1
            if event["verb"] == "STOR":
                stored[event.get("code", 0)] += 1
        elif '"message":"data connection secured"' in line:
            resumed[json.loads(line)["resumed"]] += 1
    return codes, resumed, stored


OLD, NEW = content("old", 50_000), content("new", 200_000)


def cuts(places, server):
    """Uploads that end without close_notify are refused with 426 and leave what was there; returns how many."""
    os.environ["INTEROP_USER"], os.environ["INTEROP_PASSWORD"] = server.user, server.password
    count = 0
    for mode in ("explicit", "implicit"):
        for tls in ("1.2", "1.3"):
            ftp = session_client.connect(mode, "reuse", tls, "127.0.0.1", server.ports[mode], places.ca)
            for end in (_fin, _rst):
                for name, before in ((f"cut-{mode}-{tls}", OLD), (f"cut-new-{mode}-{tls}", None)):
                    path = server.path(name)
                    path.unlink(missing_ok=True)
                    if before is not None:
                        path.write_bytes(before)
                        path.chmod(0o666)
                    _cut(ftp, name, end)
                    if (path.read_bytes() if path.exists() else None) != before:
                        raise Failure(f"{name} changed by an upload that was cut ({end.__name__})")
                    count += 1
            # The same upload, ended as it should be, does replace the file.
            name = f"cut-{mode}-{tls}"
            connection = ftp.transfercmd(f"STOR /pub/{name}")
            connection.sendall(NEW)
            connection.unwrap().close()
            ftp.voidresp()
            if server.path(name).read_bytes() != NEW:
                raise Failure(f"{name} is not what was sent")
            ftp.quit()
    return count


def _fin(connection):
    """Closes TCP in order, without close_notify."""
    connection.close()


def _rst(connection):
    """Resets TCP."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _cut(ftp, name, end):
    # TLS-24, XFR-16: the end of TCP alone is not the end of a file.
    connection = ftp.transfercmd(f"STOR /pub/{name}")
    connection.sendall(NEW[:len(NEW) // 2])
    end(connection)
    try:
        reply = ftp.voidresp()
    except ftplib.error_temp as problem:
        if not str(problem).startswith("426"):
            raise Failure(f"{name}: {problem} instead of 426") from None
    else:
        raise Failure(f"{name}: {reply} although the upload was cut ({end.__name__})")
