"""Thieves at passive ports, who come at the same time as the client for whom a port was opened."""

import ftplib
import os
import random
import re
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import servers
import session_client
from harness import Failure, content
from session_client import BROKEN
from soaking import Tally

SECRET = content("secret", 30_000)
BOOTY = b"written by a thief"
STRANGER = "127.0.0.9"
WORKERS = 4
# Either side may come first by so many seconds.
HEAD_START = 0.004
# A victim that is told nothing for so many seconds gives up, and logs in again.
PATIENCE = 5
# Of a hundred victims, so many are served.
SERVED = 99


class Worker:
    """One victim's session and one thief's own session on the same server, and `races` between them."""

    def __init__(self, server, ca, tls, seed, tally):
        self.choice, self.tally, self.tls = random.Random(seed), tally, tls
        self.server, self.ca, self.name = server, ca, f"victim-{seed}"
        self._login()
        self.kinds = [self.wrong_address, self.full_handshake, self.foreign_ticket, self.refused_ticket]

    def _login(self):
        """Both sessions: the victim's, and the thief's own as another user."""
        port = self.server.ports["explicit"]
        self.victim = session_client.connect("explicit", "reuse", self.tls, "127.0.0.1", port, self.ca)
        self.victim.sock.settimeout(PATIENCE)
        # A session can be offered only with the context it came from: the thief uses the victim's.
        self.context, self.refused = self.victim.context, None
        self.mallory = ftplib.FTP_TLS(context=self.context, timeout=30)
        self.mallory.connect("127.0.0.1", port)
        self.mallory.login("mallory", self.server.password)
        # Tickets are read with the replies.
        self.mallory.voidcmd("NOOP")
        # TLS-20, SEC-05: under `prefer` the client is known to resume from its first resumption on.
        if not self._download(self._passive()):
            raise Failure("no transfer even without a thief")
        # A first connection that is refused, for its ticket.
        self.steal(self._passive(), self.full_handshake, 0, {})

    def _passive(self):
        return int(re.search(r"\|\|\|(\d+)\|", self.victim.sendcmd("EPSV"))[1])

    # What a thief does with the port; each returns the handshake's session to offer and the address to come from.

    def wrong_address(self):
        return None, STRANGER

    def full_handshake(self):
        return None, "127.0.0.1"

    def foreign_ticket(self):
        return self.mallory.sock.session, "127.0.0.1"

    def refused_ticket(self):
        return self.refused, "127.0.0.1"

    def steal(self, port, kind, wait, loot):
        """Connects, and takes or leaves what it can."""
        time.sleep(wait)
        session, address = kind()
        if session is not None:
            self.tally.add(f"sessions offered, {kind.__name__}")
        try:
            with socket.socket() as sock:
                sock.bind((address, 0))
                sock.settimeout(5)
                sock.connect(("127.0.0.1", port))
                with self.context.wrap_socket(sock, server_hostname="127.0.0.1", session=session) as tls:
                    loot["handshakes"] = 1
                    loot["resumed"] = int(tls.session_reused)
                    tls.sendall(BOOTY)
                    loot["bytes"] = tls.recv(100)
                    if not tls.session_reused:
                        # A ticket of a connection that is refused now.
                        self.refused = tls.session
        except (*BROKEN, OSError):
            pass

    def race(self, number):
        """One transfer of the victim, and one thief."""
        upload, kind = self.choice.random() < 0.5, self.kinds[number % len(self.kinds)]
        port = self._passive()
        loot, wait = {}, [self.choice.random() * HEAD_START, 0]
        self.choice.shuffle(wait)
        thief = threading.Thread(target=self.steal, args=(port, kind, wait[0], loot))
        thief.start()
        time.sleep(wait[1])
        try:
            served = self._upload(port, number) if upload else self._download(port)
            self.tally.add("victims served")
            if not served:
                # Another's bytes, or too few: the victim was robbed without knowing.
                self.tally.add("stolen")
        except ftplib.Error as problem:
            self.tally.add(f"victims refused, {str(problem)[:3]}, {kind.__name__}")
        except TimeoutError:
            self.tally.add(f"victims left waiting, {kind.__name__}")
            self.victim.close()
        except BROKEN as problem:
            self.tally.add(f"victims refused, {type(problem).__name__}, {kind.__name__}")
            self.victim.close()
        thief.join()
        self.tally.add(f"races, {kind.__name__}")
        self.tally.add("thieves whose handshake went through", loot.get("handshakes", 0))
        if loot.get("resumed") or loot.get("bytes"):
            self.tally.add("stolen")
        if self.victim.sock is None:
            self.mallory.close()
            self._login()

    def _open(self, port, command):
        plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.victim.putcmd(command)
        reply = self.victim.getresp()
        if not reply.startswith("1"):
            raise ftplib.error_reply(reply)
        return self.context.wrap_socket(plain, server_hostname="127.0.0.1", session=self.victim.sock.session)

    def _download(self, port):
        got = bytearray()
        with self._open(port, "RETR /pub/secret") as tls:
            while piece := tls.recv(65_536):
                got += piece
            tls.unwrap().close()
        self.victim.voidresp()
        return bytes(got) == SECRET

    def _upload(self, port, number):
        sent = content(f"{self.name}/{number}", 20_000)
        with self._open(port, f"STOR /pub/{self.name}") as tls:
            tls.sendall(sent)
            tls.unwrap().close()
        self.victim.voidresp()
        return self.server.path(self.name).read_bytes() == sent

    def run(self, races, lost):
        """That many races, or as many as it takes to lose `lost`."""
        for number in range(races):
            self.race(number)
            if self.tally.total("victims refused", "victims left waiting") > lost:
                return
        for ftp in (self.victim, self.mallory):
            ftp.quit()


def theft(places, data_session, races):
    """Races against a server with this policy; the counts. Fails when anything was stolen, or too few were served."""
    tally = Tally()
    with servers.wharfd(places, data_session, ["--user", "mallory:correct horse"]) as server:
        os.environ["INTEROP_USER"], os.environ["INTEROP_PASSWORD"] = server.user, server.password
        secret = server.path("secret")
        secret.write_bytes(SECRET)
        secret.chmod(0o666)
        with ThreadPoolExecutor(WORKERS) as pool:
            futures = [pool.submit(lambda seed: Worker(server, places.ca, ("1.2", "1.3")[seed % 2], seed, tally)
                                   .run(races // WORKERS, races * (100 - SERVED) // 100), seed) for seed in range(WORKERS)]
            for future in futures:
                future.result()
    if tally["stolen"]:
        raise Failure(f"{tally['stolen']} stolen: {tally.counts}")
    if tally["victims served"] * 100 < races * SERVED:
        raise Failure(f"{tally['victims served']} of {races} victims served: {tally.counts}")
    for needed in ("thieves whose handshake went through", "sessions offered, foreign_ticket",
                   "sessions offered, refused_ticket"):
        if not tally[needed]:
            raise Failure(f"{needed}: none, so that this shows nothing: {tally.counts}")
    tally.add("stolen", 0)
    return sorted(tally.counts.items())
