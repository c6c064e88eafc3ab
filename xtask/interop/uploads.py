"""Uploads through a network that delays: every byte arrives; and uploads that are cut: nothing changes."""

import ftplib
import json
import os
import socket
import struct
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
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
# Uploads of a hundred that may be cut so, and in any case.
CUT, CUT_AT_LEAST = 20, 10
# What the server asks of each client. curl sends STOR while its ClientHello is on the way: where the command comes first
# wharfd gives no ticket on that connection, and curl, which uses each session once, has none for the next. Where it gives
# one, curl may close before it has read it: its system resets the connection and throws away what is not sent yet. wharfd
# sees that (426, the old file stays) and curl can send the file again, which is what it is asked to do here.
DATA_SESSION = {"wharf": "require", "curl": "off", "lftp": "require", "ftplib": "require"}


class Uploads:
    """`each` uploads by every client, in sessions of `batch`."""

    def __init__(self, places, each, batch):
        self.places, self.each, self.batch = places, each, batch
        self.source = fresh(places.work / "uploads-source")
        self.clients = {"wharf": clients.Wharf(places), "curl": clients.Curl(places), "lftp": clients.Lftp(places)}
        self.python = clients.Ftplib(places, True)
        self.servers = {}

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
        server, mode, remote = self.servers[name], "explicit", f"{name}-{batch}"
        folder, numbers = self.source / f"{batch}", range(self.batch)
        if name == "wharf":
            wharf = self.clients[name]
            return [self.places.wharf, *wharf.options(mode), "--tls-min", "1.3", "put", "-r", folder,
                    wharf.url(server, mode, remote)]
        if name == "lftp":
            puts = [f"put {folder / str(number)} -o /pub/{remote}/{number}" for number in numbers]
            settings = ["set ssl:priority NORMAL:-VERS-ALL:+VERS-TLS1.3", "set ftp:prefer-epsv yes"]
            return self.clients[name].script(server, mode, *settings, *puts)
        if name == "ftplib":
            return [sys.executable, "-B", HERE / "session_client.py", mode, "reuse", "1.3", server.host, server.ports[mode],
                    self.places.ca, "uploads", self.batch, f"/pub/{remote}/", f"{batch}/", SMALLEST, LARGEST]
        config = self.places.work / f"curl-{batch}.conf"
        common = f'tlsv1.3\nssl-reqd\ncacert = "{self.places.ca}"\nuser = "{server.user}:{server.password}"\nfail-early\nretry = 20\nretry-delay = 1\n'
        config.write_text("next\n".join(
            f'{common}upload-file = "{folder / str(number)}"\nurl = "{self.clients[name].url(server, mode, remote)}/{number}"\n'
            for number in numbers))
        return ["curl", "--disable", "-sS", "--config", config]

    def send(self, name, batch):
        """Sends one batch and compares what lies on the server."""
        server = self.servers[name]
        folder = server.path(f"{name}-{batch}")
        if name != "wharf":
            folder.mkdir()
        client = self.clients.get(name, self.python)
        _, said = run(self.command(name, batch), 1800, client.env(server))
        if name == "ftplib":
            told = json.loads(said.splitlines()[-1])
            if told["refused"] or told["done"] != self.batch or told["full"]:
                raise Failure(f"ftplib: {told}")
        for number in range(self.batch):
            expected, found = self.bytes_of(batch, number), folder / f"{number}"
            if not found.is_file() or found.read_bytes() != expected:
                raise Failure(f"{found} is not what {name} sent")
            found.unlink()

    def start(self, data_session, stack):
        """A server and the proxy before it."""
        first = port_range(PORTS)
        extra = ["--passive-ports", f"{first}-{first + PORTS - 1}", "--log-format", "json", "--log-level", "debug"]
        server = stack.enter_context(servers.wharfd(self.places, data_session, extra))
        proxy = stack.enter_context(Proxy([server.ports["explicit"], *range(first, first + PORTS)]))
        delayed = copy(server)
        delayed.host = ADDRESS
        return delayed, proxy

    def run(self):
        """All batches of all clients; the figures."""
        self.make_sources()
        with ExitStack() as stack:
            running = {word: self.start(word, stack) for word in sorted(set(DATA_SESSION.values()))}
            self.servers = {name: running[word][0] for name, word in DATA_SESSION.items()}
            with ThreadPoolExecutor(3) as busy, ThreadPoolExecutor(12) as sleepy:
                # curl sleeps a second whenever a handshake does not finish at its first try: here nearly always.
                waiting = [(sleepy if name == "curl" else busy).submit(self.send, name, batch)
                           for batch in self.batches() for name in NAMES]
                problems = [str(future.exception()) for future in waiting if future.exception()]
            if problems:
                raise Failure("\n".join(problems[:10]))
            rows = [("uploads, each byte-equal", self.each * len(NAMES))]
            for word, (server, proxy) in running.items():
                rows += self.figures(word, server, proxy)
        return rows

    def figures(self, word, server, proxy):
        """What one server's log says, and what its proxy carried."""
        codes, resumed = _codes(server.logs[0])
        wanted = self.each * sum(asked == word for asked in DATA_SESSION.values())
        cut = 0 if word == "require" else max(CUT_AT_LEAST, wanted * CUT // 100)
        if codes[226] != wanted or codes[426] > cut or codes.total() != wanted + codes[426]:
            raise Failure(f"{dict(codes)} instead of {wanted} times 226, 426 at most {cut} times")
        if word == "require" and resumed != {True: wanted}:
            raise Failure(f"{dict(resumed)} instead of {wanted} resumed")
        rows = [("226", codes[226]), ("426", codes[426]), ("resumed data connections", resumed[True]),
                ("full handshakes on data connections", resumed[False]), ("connections through the proxy", proxy.connections),
                ("pieces", proxy.pieces), ("bytes", proxy.bytes), ("resets passed on", proxy.resets)]
        return [(f"{what} (`{word}`)", figure) for what, figure in rows]


def _codes(log):
    """How uploads ended, and how many data connections resumed, in wharfd's log."""
    codes, resumed = Counter(), Counter()
    for line in log.read_text(errors="backslashreplace").splitlines():
        if '"message":"transferred"' in line:
            codes[json.loads(line)["code"]] += 1
        elif '"message":"data connection secured"' in line:
            resumed[json.loads(line)["resumed"]] += 1
    return codes, resumed


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
    # XFR-05, TLS-31: the end of TCP alone is not the end of a file.
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
