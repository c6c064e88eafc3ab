"""Implicit connections from many addresses that end in every way: the server ends as it was, and honest clients get in."""

import os
import random
import socket
import ssl
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import servers
import session_client
from harness import Failure
from soaking import Tally, descriptors, resident, threads

# The server may grow by this while it holds what the system's allocator keeps.
GROWTH = 48 << 20
# How long a silent client stays before it goes, at most, and how many wait for the server to end them.
SILENCE = 0.3
SERVER_GIVES_UP = 25
WORKERS = 16


class Closings:
    """`count` connections to a server that lets every address have a few."""

    def __init__(self, places, server, count):
        self.places, self.server, self.count = places, server, count
        self.address = ("127.0.0.1", server.ports["implicit"])
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self.tally = Tally()
        self.ended = threading.Event()
        self.hello = self._client_hello()
        self.ways = [self.fin, self.rst, self.silence, self.close_notify, self.cut_hello, self.cut_hello_rst,
                     self.leave, self.leave_rst, self.quit, self.garbage]

    def _client_hello(self):
        """The bytes of one ClientHello."""
        outgoing = ssl.MemoryBIO()
        tls = self.context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            return outgoing.read()
        raise Failure("a handshake without a peer")

    def connect(self, choice):
        """A connection from some address of 127/8."""
        sock = socket.socket()
        # Ports are chosen when the other end is known: one address may have as many connections as it needs.
        sock.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
        sock.bind((f"127.{choice.randint(1, 250)}.{choice.randint(0, 250)}.{choice.randint(1, 250)}", 0))
        sock.settimeout(30)
        sock.connect(self.address)
        return sock

    @staticmethod
    def reset(sock):
        """Ends a connection with RST."""
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()

    def secured(self, choice):
        """A connection whose handshake is done."""
        tls = self.context.wrap_socket(self.connect(choice), server_hostname="localhost")
        greeting = tls.recv(512)
        if not greeting.startswith(b"220"):
            raise Failure(f"{greeting!r} instead of 220")
        return tls

    def fin(self, choice):
        self.connect(choice).close()

    def rst(self, choice):
        self.reset(self.connect(choice))

    def silence(self, choice):
        sock = self.connect(choice)
        time.sleep(choice.random() * SILENCE)
        sock.close()

    def close_notify(self, choice):
        tls = self.secured(choice)
        tls.unwrap().close()

    def cut_hello(self, choice):
        sock = self.connect(choice)
        sock.sendall(self.hello[:choice.randint(1, len(self.hello) - 1)])
        sock.close()

    def cut_hello_rst(self, choice):
        sock = self.connect(choice)
        sock.sendall(self.hello[:choice.randint(1, len(self.hello))])
        self.reset(sock)

    def leave(self, choice):
        self.secured(choice).close()

    def leave_rst(self, choice):
        self.reset(self.secured(choice))

    def quit(self, choice):
        tls = self.secured(choice)
        tls.sendall(b"QUIT\r\n")
        if not tls.recv(512).startswith(b"221"):
            raise Failure("no 221")
        tls.close()

    def garbage(self, choice):
        sock = self.connect(choice)
        sock.sendall(choice.choice([b"GET / HTTP/1.1\r\n\r\n", b"USER x\r\n", choice.randbytes(600)]))
        sock.close()

    def wait_for_the_server(self):
        """A connection that says nothing is ended by the server."""
        sock = self.connect(random.Random(0))
        sock.settimeout(SERVER_GIVES_UP)
        begun = time.monotonic()
        try:
            while sock.recv(512):
                pass
        except ConnectionError:
            pass
        sock.close()
        return time.monotonic() - begun

    def worker(self, number, many):
        choice = random.Random(number)
        for _ in range(many):
            way = choice.choice(self.ways)
            way(choice)
            self.tally.add(way.__name__)

    def honest(self):
        """Logs in and fetches a listing again and again, until all is over."""
        while True:
            last = self.ended.is_set()
            ftp = session_client.connect("implicit", "reuse", "1.3", *self.address, self.places.ca)
            ftp.nlst("/")
            ftp.quit()
            self.tally.add("honest logins with a listing")
            if last:
                return
            time.sleep(0.05)

    def state(self):
        """(descriptors, threads, resident bytes) of the server."""
        process = self.server.children[0].pid
        return descriptors(process), threads(process), resident(process)

    def run(self):
        """All connections; the figures. Fails when the server did not return to what it was."""
        os.environ["INTEROP_USER"], os.environ["INTEROP_PASSWORD"] = self.server.user, self.server.password
        before = self.state()
        with ThreadPoolExecutor(WORKERS + 3) as pool:
            honest = pool.submit(self.honest)
            silent = [pool.submit(self.wait_for_the_server) for _ in range(2)]
            workers = [pool.submit(self.worker, number, len(range(number, self.count, WORKERS))) for number in range(WORKERS)]
            problems = [str(future.exception()) for future in workers if future.exception()]
            waited = [future.result() for future in silent]
            self.ended.set()
            honest.result()
        if problems:
            raise Failure("\n".join(problems))
        self.settle(before)
        after = self.state()
        if after[0] > before[0] or after[1] > before[1] or after[2] > before[2] + GROWTH:
            raise Failure(f"descriptors, threads, bytes before {before}, after {after}")
        names = ("descriptors", "threads", "resident KiB")
        rows = [(f"{name} before", value) for name, value in zip(names, (*before[:2], before[2] >> 10))]
        rows += [(f"{name} after", value) for name, value in zip(names, (*after[:2], after[2] >> 10))]
        rows += [("seconds until the server ended a silent connection", round(max(waited)))]
        return rows + sorted(self.tally.counts.items())

    def settle(self, wanted):
        """Waits until the server holds no more than it did: a thread for files ends ten seconds after its last work."""
        deadline = time.monotonic() + 30
        while any(now > then for now, then in zip(self.state()[:2], wanted)) and time.monotonic() < deadline:
            time.sleep(0.1)


def closings(places, count, rounds=1):
    """Rounds against one server of their own: what it holds on to in the first one must serve in the next."""
    # Enough for every worker, and few enough to show that an ended connection no longer counts.
    with servers.wharfd(places, "prefer", sessions=100) as server:
        return [Closings(places, server, count).run() for _ in range(rounds)]
