"""Certificates that are exchanged every 50 ms under running transfers: no session and no transfer may notice."""

import os
import signal
import ssl
import threading
import time
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

import ftplib_client
import servers
from harness import Failure, content, fresh, make_file, run, sha256
from soaking import Tally, descriptors, resident

INTERVAL = 0.05
# The size of the files that go up and down again and again, and of those that one transfer takes all the time for.
SMALL, LARGE = 40_000, 4 << 20
PAIRS = 3
GROWTH = 32 << 20


def issue(places, folder):
    """Another certificate of the run's authority, for the same names, as cert.pem and key.pem in a folder."""
    folder = fresh(folder)
    key, request, cert = folder / "key.pem", folder / "request.pem", folder / "cert.pem"
    run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request,
         "-subj", "/CN=localhost"])
    run(["openssl", "x509", "-req", "-in", request, "-CA", places.ca, "-CAkey", places.ca.with_suffix(".key"),
         "-CAcreateserial", "-out", cert, "-days", "30", "-extfile", places.ca.parent / "names.cnf"])
    key.chmod(0o600)


class Swaps:
    """`many` sessions for some seconds: a fifth of them with one slow transfer, the others with many."""

    def __init__(self, places, many, seconds):
        self.places, self.many, self.seconds = places, many, seconds
        self.folder = fresh(places.work / "live")
        self.tally, self.seen, self.over = Tally(), set(), threading.Event()
        for number in range(PAIRS):
            issue(places, self.folder / f"pair{number}")
        self.point(0)

    def point(self, number):
        """The certificate is that pair from now on, for whoever opens its files."""
        fresh_link = self.folder / "next"
        fresh_link.symlink_to(f"pair{number}")
        fresh_link.rename(self.folder / "now")

    def exchange(self, process):
        """Takes the next pair every 50 ms, and tells the server."""
        number, due = 0, time.monotonic()
        while not self.over.is_set():
            number = (number + 1) % PAIRS
            self.point(number)
            os.kill(process, signal.SIGHUP)
            self.tally.add("certificates set and SIGHUP sent")
            due += INTERVAL
            self.over.wait(max(0, due - time.monotonic()))

    def connect(self, worker):
        """Explicit and implicit, TLS 1.2 and 1.3, resuming and not."""
        mode, reuse = ("explicit", "implicit")[worker % 2], worker // 2 % 2 == 0
        kind = ftplib_client.Implicit if mode == "implicit" else ftplib_client.Explicit
        context = ssl.create_default_context(cafile=self.places.ca)
        context.maximum_version = ssl.TLSVersion.TLSv1_2 if worker // 4 % 2 else ssl.TLSVersion.TLSv1_3
        ftp = kind(context=context, timeout=60)
        ftp.reuse = reuse
        ftp.connect(self.server.host, self.server.ports[mode])
        if mode == "explicit":
            ftp.auth()
        ftplib_client.ftplib.FTP.login(ftp, self.server.user, self.server.password)
        ftp.prot_p()
        ftp.voidcmd("TYPE I")
        self.seen.add(ftp.sock.getpeercert(True))
        self.tally.add("sessions")
        return ftp

    def transfer(self, ftp, worker, number):
        """A file up and the same one down; their data connections show what the control connection showed."""
        sent = content(f"{worker}/{number}", SMALL)
        for verb in ("STOR", "RETR"):
            data = ftp.transfercmd(f"{verb} {worker}")
            if data.getpeercert(True) != ftp.sock.getpeercert(True):
                raise Failure("a data connection shows another certificate than its control connection")
            self.tally.add("data connections that resumed", int(bool(data.session_reused)))
            if verb == "STOR":
                data.sendall(sent)
                data.unwrap().close()
            else:
                back = b"".join(iter(lambda: data.recv(1 << 16), b""))
                data.close()
                if back != sent:
                    raise Failure(f"{len(back)} bytes came back of {len(sent)}, or others")
            ftp.voidresp()
            self.tally.add("transfers")

    def busy(self, worker):
        """Transfers on one session all the time, or on a new one after every three."""
        stays, number, ftp = worker % 3 == 0, 0, None
        while not self.over.is_set():
            ftp = ftp or self.connect(worker)
            self.transfer(ftp, worker, number)
            number += 1
            if not stays and number % 3 == 0:
                ftp.quit()
                ftp = None
        if ftp:
            ftp.quit()

    def slow(self, worker):
        """One transfer that takes all the time."""
        ftp, got = self.connect(worker), 0
        digest = self.places.work / f"slow{worker}"
        data = ftp.transfercmd("RETR large")
        with open(digest, "wb") as file:
            begun = time.monotonic()
            while piece := data.recv(1 << 14):
                file.write(piece)
                got += len(piece)
                # As fast as it has to be to end with the run.
                ahead = got / LARGE * self.seconds - (time.monotonic() - begun)
                if ahead > 0 and not self.over.is_set():
                    self.over.wait(ahead)
        data.close()
        ftp.voidresp()
        if sha256(digest) != self.large:
            raise Failure("a slow transfer brought other bytes")
        ftp.quit()
        self.tally.add("transfers that took all the time")

    def run(self):
        """The figures; any failure of any session is one of the run."""
        pair = ("--cert", self.folder / "now/cert.pem", "--key", self.folder / "now/key.pem")
        with servers.wharfd(self.places, extra=("--log-level", "info"), pair=pair) as self.server:
            self.large = sha256(make_file(self.server.root / "large", LARGE, "large"))
            process = self.server.children[0].pid
            before = resident(process), descriptors(process)
            slow = max(1, self.many // 5)
            with ThreadPoolExecutor(self.many + 1) as pool:
                exchanging = pool.submit(self.exchange, process)
                work = [pool.submit(self.slow if worker < slow else self.busy, worker) for worker in range(self.many)]
                # None of them ends before it is told to, but by a failure.
                wait(work, self.seconds, FIRST_EXCEPTION)
                self.over.set()
                exchanging.result()
                problems = [f"{type(done.exception()).__name__}: {done.exception()}" for done in work if done.exception()]
            log = self.server.logs[0].read_text(errors="backslashreplace")
            after = resident(process)
        used = log.count("now in use")
        if problems:
            raise Failure("\n".join(problems))
        if len(self.seen) < 2 or used < 2:
            raise Failure(f"clients saw {len(self.seen)} certificates, and {used} came into use")
        if "stays in use" in log or "panic" in log:
            raise Failure("a pair was refused, or a session ended by a panic: see the log")
        if after > before[0] + GROWTH:
            raise Failure(f"the server grew from {before[0]} to {after} bytes")
        rows = sorted(self.tally.counts.items())
        return [*rows, ("certificates that came into use", used), ("certificates that clients saw", len(self.seen)),
                ("failures", 0), ("resident KiB before", before[0] >> 10), ("resident KiB after", after >> 10)]
