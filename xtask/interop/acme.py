"""wharfd gets its certificate from pebble, and renews it while a transfer runs.

pebble looks names up at pebble-challtestsrv, which says that all of them are 127.0.0.1; it refuses some good nonces, as it
does by itself, and its certificates live for half a minute."""

import ftplib
import json
import re
import shutil
import socket
import ssl
import time
import urllib.request

import ftplib_client
import servers
from harness import Failure, free_port, fresh, make_file, sha256, tail, wait_for_port, wait_until

NAMES = ["ftp.example.test", "www.example.test"]
LIFETIME = 30
# Far more than it takes to get a certificate.
PATIENCE = 60
HMAC = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
LARGE = 8 << 20

HOOK = """#!/usr/bin/python3
import json, sys, urllib.request
word, name, value = sys.argv[1:]
with open({log!r}, "a") as log:
    print(word, name, file=log)
what, body = {{"add": ("set-txt", {{"host": name + ".", "value": value}}), "remove": ("clear-txt", {{"host": name + "."}})}}[word]
urllib.request.urlopen({management!r} + what, json.dumps(body).encode(), timeout=10)
"""


def available():
    """Whether the authority is there."""
    return shutil.which("pebble") and shutil.which("pebble-challtestsrv")


class Authority(servers.Server):
    """pebble and its name server."""

    def __init__(self, places, folder, external):
        super().__init__("pebble", folder, None, None)
        self.http, dns, names, self.port, self.roots = (free_port() for _ in range(5))
        self.management = f"http://127.0.0.1:{names}/"
        log = folder / "names.log"
        child = self.start(["pebble-challtestsrv", "-dns01", f"127.0.0.1:{dns}", "-management", f"127.0.0.1:{names}",
                            "-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""], log)
        wait_for_port(names, child, log)
        config = {
            "listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": f"127.0.0.1:{self.roots}",
            "certificate": str(places.cert), "privateKey": str(places.key), "httpPort": self.http, "tlsPort": free_port(),
            "ocspResponderURL": "", "externalAccountBindingRequired": external, "certificateValidityPeriod": LIFETIME,
        }
        if external:
            config["externalAccountMACKeys"] = {"kid-1": HMAC}
        (folder / "pebble.json").write_text(json.dumps({"pebble": config}))
        log = folder / "pebble.log"
        child = self.start(["pebble", "-config", folder / "pebble.json", "-dnsserver", f"127.0.0.1:{dns}"], log,
                           {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "10"})
        wait_for_port(self.port, child, log)
        wait_for_port(self.roots, child, log)
        with urllib.request.urlopen(f"https://127.0.0.1:{self.roots}/roots/0", timeout=10,
                                    context=ssl.create_default_context(cafile=places.ca)) as root:
            self.root_pem = root.read().decode()

    @property
    def directory(self):
        return f"https://127.0.0.1:{self.port}/dir"


class Renewal:
    """One way to prove names, from the first start of a server to a renewal and another start."""

    def __init__(self, places, challenge):
        self.places, self.challenge = places, challenge
        self.folder = fresh(places.work / f"acme-{challenge}")
        self.metrics = self.folder / "wharfd.prom"

    def configure(self, authority):
        """The file for `wharfd run`."""
        (self.folder / "root").mkdir()
        self.large = sha256(make_file(self.folder / "root/large", LARGE, "acme"))
        more = f'listen = "127.0.0.1:{authority.http}"\n'
        if self.challenge == "dns-01":
            hook, key = self.folder / "hook", self.folder / "hmac"
            hook.write_text(HOOK.format(log=str(self.folder / "hook.log"), management=authority.management))
            hook.chmod(0o700)
            key.write_text(HMAC + "\n")
            key.chmod(0o600)
            more = f'hook = "hook"\nexternal_account = "kid-1"\nexternal_account_key = "hmac"\n'
        (self.folder / "wharfd.toml").write_text(f"""root = "root"
state_dir = "state"

[acme]
directory = "{authority.directory}"
ca_file = "{self.places.ca}"
contact = ["mailto:admin@example.test"]
accept_terms = true
challenge = "{self.challenge}"
{more}
[[host]]
name = "{NAMES[0]}"
aliases = ["{NAMES[1]}"]

[[listener]]
address = "127.0.0.1:0"
implicit = true

[metrics]
file = "wharfd.prom"
interval = "1s"

[anonymous]
""")
        (self.folder / "wharfd.toml").chmod(0o600)

    def serve(self):
        """A running server, and the port that it tells."""
        server = servers.Server("wharfd", self.folder / "root", "anonymous", "x")
        log = self.folder / f"wharfd-{time.monotonic_ns()}.log"
        child = server.start([self.places.wharfd, "run", "--config", self.folder / "wharfd.toml"], log)
        self.port = servers.told_ports(server, child, log, ["implicit"]).ports["implicit"]
        return server

    def shown(self, name):
        """The certificate that a client sees who trusts the authority and checks the name; None when it must not trust it."""
        context = ssl.create_default_context(cadata=self.root_pem)
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as sock:
                with context.wrap_socket(sock, server_hostname=name) as tls:
                    return tls.getpeercert(True)
        except ssl.SSLCertVerificationError:
            return None

    def another(self, than, server):
        """Waits for a good certificate that is not this one."""
        def look():
            seen = self.shown(NAMES[0])
            return seen if seen != than else None

        # A client hears of certificates by its next handshake only.
        return wait_until(look, lambda: f"no other certificate:\n{tail(server.logs[0].read_bytes())}", PATIENCE, 0.2)

    def connect(self):
        """A session of somebody who trusts the authority."""
        context = ssl.create_default_context(cadata=self.root_pem)
        context.check_hostname = False
        ftp = ftplib_client.Implicit(context=context, timeout=60)
        ftp.reuse = True
        ftp.connect("127.0.0.1", self.port)
        ftplib.FTP.login(ftp)
        ftp.prot_p()
        ftp.voidcmd("TYPE I")
        return ftp

    def fetch(self, ftp, data=None):
        """The rest of the large file, and whether all of it is right."""
        data = data or ftp.transfercmd("RETR large")
        with open(self.folder / "copy", "ab") as file:
            while piece := data.recv(1 << 16):
                file.write(piece)
        data.close()
        ftp.voidresp()
        right = sha256(self.folder / "copy") == self.large
        (self.folder / "copy").unlink()
        if not right:
            raise Failure("a transfer brought other bytes")

    def figure(self, name):
        """A number of the metrics' file."""
        found = re.search(rf"^{re.escape(name)} ([0-9]+)$", self.metrics.read_text(), re.MULTILINE)
        if not found:
            raise Failure(f"no {name} in {self.metrics}")
        return int(found.group(1))

    def kept(self):
        """What the state folder holds, all of it for the owner alone."""
        folder = self.folder / "state/acme"
        paths = [folder, *folder.rglob("*")]
        open_ones = [str(path) for path in paths if path.stat().st_mode & 0o077 != 0]
        names = {path.name for path in paths}
        if open_ones or not {"account.json", "certificate.pem"} <= names:
            raise Failure(f"for others too: {open_ones}; kept: {names}")

    def run(self):
        with Authority(self.places, self.folder, self.challenge == "dns-01") as authority:
            self.root_pem = authority.root_pem
            self.configure(authority)
            with self.serve() as server:
                self.issued_and_renewed(server, authority)
            with self.serve() as server:
                if self.shown(NAMES[0]) is None:
                    raise Failure("another start does not show the certificate that is kept")
                self.another(self.shown(NAMES[0]), server)
                if "a new account" in server.logs[0].read_text():
                    raise Failure("another start made another account")

    def issued_and_renewed(self, server, authority):
        first = self.another(None, server)
        if self.shown(NAMES[1]) is None or self.shown("other.example.test") is not None:
            raise Failure("the certificate does not prove the names that it is for")
        ftp = self.connect()
        data = ftp.transfercmd("RETR large")
        with open(self.folder / "copy", "wb") as file:
            file.write(data.recv(1 << 14))
        second = self.another(first, server)
        self.fetch(ftp, data)
        self.fetch(ftp)
        newcomer = self.connect()
        # What was shown to the one session stays, and the other one sees what is new.
        if ftp.sock.getpeercert(True) != first or newcomer.sock.getpeercert(True) == first:
            raise Failure("sessions show other certificates than they should")
        self.fetch(newcomer)
        newcomer.quit()
        ftp.quit()
        self.kept()
        log = server.logs[0].read_text()
        if "signed by itself" not in log:
            raise Failure("the log does not say that there is no certificate yet")
        if self.challenge == "dns-01":
            calls = (self.folder / "hook.log").read_text().split("\n")
            if calls.count(f"add _acme-challenge.{NAMES[0]}") != calls.count(f"remove _acme-challenge.{NAMES[0]}"):
                raise Failure("the hook did not remove what it had added")
        else:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", authority.http)) == 0:
                    raise Failure("the port for proofs is open while nothing is proved")
        begun = time.time()
        # Whole seconds: what is beyond this moment was gathered behind it.
        wait_until(lambda: self.figure("wharfd_metrics_time_seconds") > begun, lambda: "the metrics are written no more")
        if self.figure('wharfd_certificate_reloads_total{outcome="ok"}') < 2:
            raise Failure("the metrics count fewer than two reloads")
        if self.figure('wharfd_transfers_total{kind="download",outcome="ok"}') != 3:
            raise Failure("the metrics count other than three downloads")
        end = max(int(line.rsplit(" ", 1)[1]) for line in self.metrics.read_text().splitlines()
                  if line.startswith("wharfd_certificate_not_after_seconds{"))
        if not 0 < end - time.time() + LIFETIME < 3 * LIFETIME or second == first:
            raise Failure(f"the metrics say that the certificate ends at {end}")
