"""Every client against every server: many transfers on one session, and what becomes of their TLS handshakes.

Every cell runs; a cell whose client or server cannot do it has to fail in the way that is written down here."""

import re
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from copy import copy
from dataclasses import dataclass

import servers
import sessions
from harness import Failure
from sessions import Cell

TLS, WIRES, ORDERS = ("1.2", "1.3"), ("explicit", "implicit"), ("alternate", "uploads")
SPENDING = "wharf-bench --no-ticket-request"
CLIENTS = {
    "wharf": None,
    SPENDING: None,
    "curl": sessions.curl,
    "lftp": sessions.lftp,
    "ftplib without reuse": sessions.python("plain"),
    "ftplib with reuse": sessions.python("reuse"),
    "ftplib spending": sessions.python("spend"),
}


@dataclass(frozen=True)
class Expect:
    """What a cell has to show: every transfer done, or a refusal that matches `refused` after `after` transfers.

    Without `after` the refusal may come after any number of them, or not at all."""

    full: str = "none"
    refused: str | None = None
    after: int | None = None
    logins: tuple = (1,)
    why: str = ""


RESUMES = Expect()
# What a server says to a data connection that does not resume.
NO_SESSION = {"wharfd require": servers.NO_RESUMPTION, "wharfd prefer": servers.NO_RESUMPTION, "vsftpd": "^522",
              "proftpd": "^425"}


def expected(server, client, tls, order):
    """What a cell has to show."""
    if server == "pure-ftpd" and tls == "1.3":
        return Expect("all", why="Pure-FTPd resumes no TLS 1.3 session, and asks for none")
    if client == "ftplib without reuse":
        if server in ("wharfd prefer", "pure-ftpd"):
            return Expect("all", why="this client never offers a session, and this server does not ask for one")
        return Expect("all", NO_SESSION[server], 0, why="this server asks for resumption, this client never resumes")
    if client == "ftplib spending":
        if server == "pure-ftpd":
            return Expect("all", why="nothing to resume")
        # OpenSSL's interface shows the newest ticket of a connection only, and upload connections bring none. wharfd
        # under `prefer` has given more than came back and was resumed once: a full handshake is a stranger's.
        return Expect("none", NO_SESSION[server], 1,
                      why="Python sees one ticket of the control connection and spends it once")
    if server.startswith("wharfd") and client == SPENDING and order == "uploads":
        return Expect(logins=(1, 2), why="uploads bring no tickets: wharf lists to get some, and when it has done so often it "
                      "logs in again with TLS 1.2")
    if server == "vsftpd" and client == "curl" and tls == "1.3":
        return Expect("any", "^522|^curl exit (18|55|56)", why="curl spends its sessions, and vsftpd's new ones reach it only "
                      "where they come before the data: luck")
    if server == "proftpd" and tls == "1.3":
        if client == "curl":
            return Expect("any", "^425|^curl exit (18|55)", 1, why="curl takes a session out of its store when it is used, "
                          "and ProFTPD gives no new one in time")
        if client in ("wharf", SPENDING):
            return Expect(logins=(2,), why="ProFTPD gives no tickets on uploads: when they are spent wharf logs in again "
                          "with TLS 1.2")
    return RESUMES


def judge(seen, expect, count):
    """Raises a failure when a run did not show what it should."""
    lucky = expect.after is None and seen.refused is None
    if expect.refused is None or lucky:
        if seen.refused is not None or seen.done != count:
            raise Failure(f"{seen.done} of {count} done: {seen.refused}")
    else:
        if seen.refused is None:
            raise Failure(f"{seen.done} of {count} done, a refusal was expected: {expect.why}")
        if not re.search(expect.refused, seen.refused) or seen.done != (seen.done if expect.after is None else expect.after):
            raise Failure(f"refused after {seen.done} with {seen.refused!r}, expected {expect.refused} after {expect.after}")
    if seen.logins not in expect.logins:
        raise Failure(f"{seen.logins} logins instead of {' or '.join(map(str, expect.logins))}")
    if seen.full is None or expect.full == "any":
        return
    # A refused transfer had a full handshake, which some count.
    right = {"none": seen.full == 0 or (expect.refused and seen.full == 1),
             "all": seen.full == seen.done or (expect.refused and seen.full <= 1)}[expect.full]
    if not right:
        raise Failure(f"{seen.full} full handshakes in {seen.done} transfers, expected {expect.full}")


def open_root(server):
    """wharf-bench works in the folder that a login comes to."""
    if not server.name.startswith("vsftpd"):
        server.root.chmod(0o777)
        return
    # vsftpd refuses a root that may be written to: the files are there before.
    for number in range(16):
        path = server.root / f"bench-{number}.bin"
        path.touch()
        path.chmod(0o666)


def no_implicit(port):
    """A server without implicit TLS answers in clear."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with context.wrap_socket(plain):
                pass
        except ssl.SSLError:
            return
    raise Failure("a TLS handshake at once went through")


class Matrix:
    """One run over all cells."""

    def __init__(self, places, outcomes, count):
        self.places, self.outcomes, self.count = places, outcomes, count
        self.running, self.shown, self.seconds = {}, {}, {}

    def cells(self):
        """Every cell; TLS 1.2 sessions are not spent by being resumed (RFC 8446 C.4 is about 1.3)."""
        for server in (*NO_SESSION, "pure-ftpd"):
            for client in CLIENTS:
                for tls in TLS if client not in ("ftplib spending", SPENDING) else ("1.3",):
                    for wire in WIRES:
                        for order in ORDERS:
                            yield Cell(server, client, tls, wire, order)

    def starts(self):
        """How each server is started."""
        accounts = sorted({cell.prefix for cell in self.cells()})
        extra = ["--log-format", "json", "--log-level", "debug"]
        extra += [word for name in accounts for word in ("--user", f"{name}:correct horse")]
        p = self.places
        return {
            "wharfd require": lambda: servers.wharfd(p, "require", extra),
            "wharfd prefer": lambda: servers.wharfd(p, "prefer", extra),
            "vsftpd": lambda: servers.vsftpd(p),
            "proftpd": lambda: servers.proftpd(p),
            "pure-ftpd": lambda: servers.pure_ftpd(p),
        }

    def step(self, cell):
        """The way in which a client does its transfers."""
        if cell.client == SPENDING:
            return sessions.wharf(["--no-ticket-request"])
        if cell.client == "wharf":
            return sessions.wharf_tree if cell.order == "uploads" else sessions.wharf()
        return CLIENTS[cell.client]

    def one(self, cell):
        """Runs a cell; what it showed, or the failure."""
        server = self.running[cell.server]
        begun = time.monotonic()
        try:
            if cell.wire not in server.ports:
                no_implicit(server.ports["explicit"])
                self.shown[cell] = "no implicit"
                return None
            server = copy(server)
            if cell.server.startswith("wharfd"):
                server.user = cell.prefix
            seen = self.step(cell)(self.places, server, cell, self.count)
            if cell.server.startswith("wharfd"):
                # TLS-20, TLS-21: the server's own word on what resumed.
                resumed, seen.full, moved, seen.logins = sessions.handshakes(server.logs[0], cell.prefix, seen.done)
                if resumed + seen.full != moved or moved < seen.done:
                    raise Failure(f"the server saw {resumed} resumed and {seen.full} full handshakes, {moved} transfers")
            judge(seen, expected(cell.server, cell.client, cell.tls, cell.order), self.count)
            self.shown[cell] = self.word(cell, seen)
        except Exception as problem:  # noqa: BLE001 - every failure is shown with its cell
            self.shown[cell] = "FAILED"
            return f"{cell}: {problem}"
        finally:
            self.seconds[cell] = time.monotonic() - begun
        return None

    @staticmethod
    def word(cell, seen):
        """What the table says of a cell."""
        if seen.refused is not None:
            return f"{seen.refused.split(':')[0].split(' ')[0]} after {seen.done}"
        # vsftpd and ProFTPD refuse a full handshake, so what went through was resumed.
        full = 0 if seen.full is None and cell.server in NO_SESSION else seen.full
        text = f"{seen.done}, {'?' if full is None else full} full"
        return text if seen.logins == 1 else f"{text}, {seen.logins} logins"

    def run(self):
        """Starts all servers, runs all cells, reports one outcome for each pair."""
        with ExitStack() as stack:
            for name, start in self.starts().items():
                server = start()
                if server is None:
                    self.outcomes.skip(f"sessions with {name}", "not installed; Pure-FTPd needs root")
                    continue
                self.running[name] = stack.enter_context(server)
                open_root(server)
            cells = [cell for cell in self.cells() if cell.server in self.running]
            problems = {}
            # curl mostly sleeps (a second between EPSV and its command): many of it cost no more than one.
            with ThreadPoolExecutor(2) as busy, ThreadPoolExecutor(8) as sleepy:
                waiting = [(cell, (sleepy if cell.client == "curl" else busy).submit(self.one, cell)) for cell in cells]
                for cell, future in waiting:
                    problems[cell] = future.result()
        for server in self.running:
            for client in CLIENTS:
                mine = [cell for cell in cells if (cell.server, cell.client) == (server, client)]
                self.report(server, client, mine, [problems[cell] for cell in mine if problems[cell]])
        return self

    def report(self, server, client, cells, problems):
        label = f"{client} with {server}: {self.count} transfers on each session, {len(cells)} kinds"

        def step():
            if problems:
                raise Failure("\n".join(problems))

        self.outcomes.run(label, step, sum(self.seconds[cell] for cell in cells))

    def table(self):
        """The figures as a Markdown table, and the reasons."""
        columns = [(tls, wire, order) for tls in TLS for wire in WIRES for order in ORDERS]
        lines = ["| server | client | " + " | ".join(f"{tls} {wire[:4]}. {order[:2]}." for tls, wire, order in columns) + " |",
                 "|" + "---|" * (len(columns) + 2)]
        reasons = {}
        for server in self.running:
            for client in CLIENTS:
                words = []
                for tls, wire, order in columns:
                    words.append(self.shown.get(Cell(server, client, tls, wire, order), "as without spending"))
                    why = expected(server, client, tls, order).why
                    if why and words[-1] not in ("as without spending", "no implicit"):
                        reasons.setdefault(why, set()).add(f"{client} with {server}")
                lines.append(f"| {server} | {client} | " + " | ".join(words) + " |")
        lines += ["", *(f"* {', '.join(sorted(who))}: {why}." for why, who in reasons.items())]
        return "\n".join(lines)
