"""Real peers against wharfd and wharf, on loopback: the programme behind `cargo xtask interop`.

Installs nothing unless asked with --install. Prints each case, what was skipped and why, and closes with a count.
Exits 1 when a case failed, and under --install also when anything was skipped."""

import argparse
import os
import shutil
import time
from pathlib import Path

import aioftp_cases
import audit
import cases
import client_certificates
import clients
import matrix
import scan
import servers
from closings import closings
from harness import Failure, Outcomes, die, fresh, make_certificate, run
from install import install
from theft import theft
from uploads import Uploads, cuts


def arguments():
    parser = argparse.ArgumentParser(prog="cargo xtask interop")
    parser.add_argument("--target", type=Path, required=True, help="the build's target folder")
    parser.add_argument("--wharfd", type=Path, required=True)
    parser.add_argument("--wharf", type=Path, required=True)
    parser.add_argument("--install", action="store_true", help="get missing peers from Debian's packages")
    parser.add_argument("--only", default="", help="run only the pairs, or the small soaks, whose name holds this text")
    parser.add_argument("--peers-only", action="store_true",
                        help="foreign clients against foreign servers: shows that the programme itself is right")
    return parser.parse_args()


class Programme:
    """One run."""

    def __init__(self, chosen):
        self.chosen, self.outcomes = chosen, Outcomes()
        target = chosen.target.resolve()
        if chosen.install:
            install(target / "peers")
        if shutil.which("openssl") is None:
            die("openssl is needed to make a certificate: install it, or use --install")
        work = fresh(target / "interop")
        self.places = servers.Places(work, target / "peers", chosen.wharfd, chosen.wharf, *make_certificate(work))
        self.files = cases.originals(self.places)
        self.clients = []
        for client in clients.foreign(self.places):
            if client.available():
                self.clients.append(client)
            else:
                self.outcomes.skip(client.name, "not installed")

    def wanted(self, *names):
        """Whether --only leaves this pair in."""
        return self.chosen.only in " ".join(names)

    def client(self, name):
        return next((client for client in self.clients if client.name == name), None)

    def with_server(self, name, start, step):
        """Runs `step` with a server, or says why not."""
        try:
            server = start()
        except (Failure, OSError) as problem:
            self.outcomes.run(f"{name} starts", lambda: (_ for _ in ()).throw(problem))
            return
        if server is None:
            root = "; Pure-FTPd needs root" if name == "pure-ftpd" and os.geteuid() != 0 else ""
            self.outcomes.skip(name, f"not installed{root}")
            return
        failures = len(self.outcomes.failed)
        with server:
            step(server)
        if len(self.outcomes.failed) > failures:
            print(f"     logs of {server.name}: {', '.join(str(log) for log in server.logs)}", flush=True)

    def peers(self):
        """The foreign servers, each with how to start it."""
        return [
            ("vsftpd reuse=YES", lambda: servers.vsftpd(self.places, reuse=True)),
            ("vsftpd reuse=NO", lambda: servers.vsftpd(self.places, reuse=False)),
            ("proftpd", lambda: servers.proftpd(self.places)),
            ("pure-ftpd", lambda: servers.pure_ftpd(self.places)),
        ]

    def foreign_clients(self):
        """curl, lftp and ftplib against wharfd."""

        def usual(server):
            for client in self.clients:
                if not self.wanted(client.name, "wharfd"):
                    continue
                cases.matrix(self.outcomes, client, server, self.files, servers.NEVER)
                for mode in cases.MODES:
                    cases.resume(self.outcomes, client, server, mode, self.files)
            lftp = self.client("lftp")
            if lftp and self.wanted("lftp", "wharfd"):
                for mode in cases.MODES:
                    cases.mirror(self.outcomes, lftp, server, mode)

        def strict(server):
            curl, plain = self.client("curl"), self.client("ftplib-plain")
            if curl and self.wanted("curl", "wharfd"):
                for mode in ("explicit", "implicit"):
                    for version in ("1.2", "1.3"):
                        cases.alternating(self.outcomes, curl, server, mode, version)
            if plain and self.wanted("ftplib-plain", "wharfd"):
                cases.must_be_refused(self.outcomes, plain, server, "explicit", self.files)

        if any(self.wanted(client.name, "wharfd") for client in self.clients):
            self.with_server("wharfd", lambda: servers.wharfd(self.places), usual)
            self.with_server("wharfd require", lambda: servers.wharfd(self.places, "require"), strict)

    def our_client(self):
        """wharf against every server, our own included."""
        wharf = clients.Wharf(self.places)

        def usual(server):
            cases.matrix(self.outcomes, wharf, server, self.files, servers.NEVER)
            for mode in cases.MODES:
                if mode in server.ports:
                    cases.resume(self.outcomes, wharf, server, mode, self.files)
            if server.name.startswith("wharfd"):
                for version in ("1.2", "1.3"):
                    cases.wharf_tree(self.outcomes, wharf, server, "explicit", version)

        ours = ("wharfd require", lambda: servers.wharfd(self.places, "require"))
        for name, start in [ours, *self.peers()]:
            if self.wanted("wharf ", name):
                self.with_server(name, start, usual)

    def sessions(self):
        """Ten transfers on each session, for every client, server, TLS version and way to talk."""
        if self.wanted("sessions"):
            matrix.Matrix(self.places, self.outcomes, 10).run()

    def soaks(self):
        """What `cargo xtask soak` does, in small."""
        places, do = self.places, self.outcomes.run
        if self.wanted("uploads"):
            do("200 uploads by wharf, curl, lftp and ftplib through delays", lambda: Uploads(places, 50, 5).run())

            def cut():
                with servers.wharfd(places) as server:
                    cuts(places, server)

            do("uploads cut without close_notify: 426, and nothing changed", cut)
        if self.wanted("closings"):
            do("1,000 connections that end in every way", lambda: closings(places, 1000))
        for data_session in ("require", "prefer"):
            if self.wanted("theft"):
                do(f"200 thieves at passive ports under {data_session}", lambda: theft(places, data_session, 200))
            if self.wanted("aioftp"):
                self.aioftp(data_session)
        if self.wanted("audit"):
            if audit.available():
                do("the audit log, read by lnav and by wharfd audit", lambda: audit.audit(places))
            else:
                self.outcomes.skip("audit", "lnav is not installed")
        if self.wanted("certificates"):
            client_certificates.run_all(places, self.outcomes, [client.name for client in self.clients])
        if not self.wanted("scan"):
            return
        if not scan.available():
            self.outcomes.skip("scan", "sslscan is not installed")
            return
        with servers.wharfd(places) as server:
            for mode in ("explicit", "implicit"):
                do(f"sslscan, {mode}: nothing weak", lambda: scan.scan(server, mode, places.work / "report.xml"))

    def aioftp(self, data_session):
        """aioftp under one policy."""
        if not aioftp_cases.python(self.places).is_file():
            self.outcomes.skip("aioftp", "not installed")
            return
        aioftp_cases.run_all(self.places, self.outcomes, data_session, 5)

    def peers_only(self):
        """Foreign clients against foreign servers."""
        for name, start in self.peers():
            for client in self.clients:
                if not self.wanted(client.name, name):
                    continue
                # ftplib as it comes never resumes: these two servers refuse it.
                if client.name == "ftplib-plain" and name in ("vsftpd reuse=YES", "proftpd"):
                    continue

                def step(server, client=client):
                    cases.matrix(self.outcomes, client, server, self.files, servers.NEVER)
                    for mode in cases.MODES:
                        if mode in server.ports:
                            cases.resume(self.outcomes, client, server, mode, self.files)
                    if client.name == "lftp":
                        cases.mirror(self.outcomes, client, server, "explicit")
                    if client.name == "curl" and server.name.startswith("vsftpd"):
                        # Under TLS 1.3 curl runs out of tickets with these servers.
                        cases.alternating(self.outcomes, client, server, "explicit", "1.2")

                self.with_server(name, start, step)


def main():
    chosen = arguments()
    begun = time.monotonic()
    programme = Programme(chosen)
    for tool in ("curl", "lftp", "openssl"):
        if shutil.which(tool):
            _, said = run([tool, "version" if tool == "openssl" else "--version"], 20)
            print(f"with {said.decode().splitlines()[0]}", flush=True)
    if chosen.peers_only:
        programme.peers_only()
    else:
        programme.foreign_clients()
        programme.our_client()
        programme.sessions()
        programme.soaks()
    outcomes = programme.outcomes
    for name in outcomes.failed:
        print(f"failed: {name}")
    print(f"interop: {time.monotonic() - begun:.0f} s")
    counts = f"{len(outcomes.passed)} passed, {len(outcomes.failed)} failed, {len(outcomes.skipped)} skipped"
    print(counts, flush=True)
    nothing = not outcomes.passed
    raise SystemExit(1 if outcomes.failed or nothing or (chosen.install and outcomes.skipped) else 0)


main()
