"""Many transfers on one control session by Python's ftplib, which tells what became of each TLS handshake.

usage: session_client.py WIRE KIND TLS HOST PORT CA alternate|uploads COUNT PREFIX SEED SIZE [SIZE]

WIRE is explicit or implicit, TLS 1.2 or 1.3. KIND is `plain` (ftplib as it comes: every data connection is a session
of its own), `reuse` (offers the control connection's newest session on each) or `spend` (offers each TLS 1.3 ticket
that it ever saw once, and nothing when it has none). User and password stand in INTEROP_USER and INTEROP_PASSWORD.
With a second SIZE each file has another size between both. File number N goes to PREFIX and N, and its content follows
from SEED and N. Prints one JSON object."""

import ftplib
import json
import os
import ssl
import sys

from ftplib_client import Explicit, Implicit
from harness import content, varied_size

# What a refused data connection ends in, depending on how far the transfer was.
BROKEN = (ssl.SSLError, ConnectionError, EOFError, TimeoutError)


class Offers:
    """Which session the next data connection offers."""

    def __init__(self, kind):
        self.kind, self.seen, self.stock = kind, set(), []

    def learn(self, sock):
        """Takes the newest session of a connection into stock, unless it was there before."""
        session = sock.session
        if self.kind == "spend" and session is not None and session.has_ticket and session.id not in self.seen:
            self.seen.add(session.id)
            self.stock.append(session)

    def take(self, control):
        if self.kind == "plain":
            return None
        if self.kind == "reuse":
            return control.session
        self.learn(control)
        return self.stock.pop() if self.stock else None


class Counting:
    """Counts the handshakes of data connections."""

    def prepare(self, kind):
        self.offers, self.data = Offers(kind), None
        self.resumed = self.full = self.declined = 0

    def ntransfercmd(self, cmd, rest=None):
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        session = self.offers.take(self.sock)
        self.data = self.context.wrap_socket(connection, server_hostname=self.host, session=session)
        if self.data.session_reused:
            self.resumed += 1
        else:
            self.full += 1
            self.declined += session is not None
        return self.data, size


class CountingExplicit(Counting, Explicit):
    pass


class CountingImplicit(Counting, Implicit):
    pass


def connect(wire, kind, tls, host, port, ca):
    """A session with protected data."""
    context = ssl.create_default_context(cafile=ca)
    version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[tls]
    context.minimum_version = context.maximum_version = version
    ftp = (CountingImplicit if wire == "implicit" else CountingExplicit)(context=context, timeout=60)
    ftp.prepare(kind)
    ftp.connect(host, port)
    user, password = os.environ["INTEROP_USER"], os.environ["INTEROP_PASSWORD"]
    if wire == "implicit":
        ftplib.FTP.login(ftp, user, password)
    else:
        ftp.login(user, password)
    ftp.prot_p()
    ftp.voidcmd("TYPE I")
    return ftp


def refusal(ftp, problem):
    """The reply behind a data connection that broke; the server may have said why on the control connection."""
    try:
        reply = ftp.getresp()
    except ftplib.Error as reply_error:
        return str(reply_error)
    except BROKEN as second:
        return f"no reply ({type(problem).__name__}: {problem}; {type(second).__name__}: {second})"
    return f"{reply} after {type(problem).__name__}: {problem}"


def main():
    wire, kind, tls, host, port, ca, order, count, prefix, seed, *sizes = sys.argv[1:]
    low, high = int(sizes[0]), int(sizes[-1])
    ftp = connect(wire, kind, tls, host, int(port), ca)
    seen = {"done": 0, "different": 0, "refused": None}
    for number in range(int(count)):
        try:
            if order == "uploads" or number % 2 == 0:
                sent = content(f"{seed}{number}", varied_size(f"{seed}{number}", low, high))
                name = f"{prefix}{number}"
                ftp.storbinary(f"STOR {name}", Pieces(sent))
            else:
                back = bytearray()
                ftp.retrbinary(f"RETR {name}", back.extend)
                seen["different"] += bytes(back) != sent
        except ftplib.Error as problem:
            seen["refused"] = str(problem)
            break
        except BROKEN as problem:
            seen["refused"] = refusal(ftp, problem)
            break
        ftp.offers.learn(ftp.data)
        seen["done"] += 1
    if seen["refused"] is None:
        ftp.quit()
    print(json.dumps({**seen, "resumed": ftp.resumed, "full": ftp.full, "declined": ftp.declined}))


class Pieces:
    """Bytes with `read`, as ftplib asks for."""

    def __init__(self, data):
        self.data, self.at = memoryview(data), 0

    def read(self, size):
        piece = self.data[self.at:self.at + size]
        self.at += len(piece)
        return piece


if __name__ == "__main__":
    main()
