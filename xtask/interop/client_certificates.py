"""Certificates of clients, shown by curl, lftp, ftplib and wharf: who is let in, who is not, and what each is told."""

import ftplib
import json
import os
import signal
import ssl
from datetime import datetime, timedelta, timezone

import clients
import ftplib_client
import servers
from harness import P_256, Failure, content, fresh, must_match, run, tail, wait_until

# What is shown, and what the reply to USER and the log say of it; None where it logs in.
SHOWN = {
    "right": None,
    "missing": "none was shown",
    "foreign": "issuer that is not trusted",
    "expired": "has expired",
    "revoked": "has been revoked",
}
SETTINGS = """[ca]
default_ca = d
[d]
dir = {folder}
database = $dir/index
new_certs_dir = $dir
serial = $dir/serial
crlnumber = $dir/crlnumber
default_md = sha256
default_crl_days = 30
policy = any
unique_subject = no
[any]
commonName = supplied
[client]
basicConstraints = CA:FALSE
extendedKeyUsage = clientAuth
"""


class Authority:
    """An authority that signs certificates of clients, and takes them back."""

    def __init__(self, folder):
        self.folder, self.conf = fresh(folder), folder / "ca.cnf"
        self.ca, self.key, self.crl = folder / "ca.pem", folder / "ca.key", folder / "crl.pem"
        self.conf.write_text(SETTINGS.format(folder=folder))
        (folder / "index").touch()
        (folder / "serial").write_text("1000\n")
        (folder / "crlnumber").write_text("01\n")
        run(["openssl", "req", "-x509", "-newkey", *P_256, "-nodes", "-keyout", self.key, "-out", self.ca, "-days", "30",
             "-subj", f"/CN={folder.name}"])
        self.list()

    def do(self, *words):
        run(["openssl", "ca", "-config", self.conf, "-keyfile", self.key, "-cert", self.ca, *words])

    def issue(self, name, file, begin=-1, end=20):
        """A certificate for `name` that is good from `begin` to `end`, in days from now; (certificate, key)."""
        request, cert, key = (self.folder / f"{file}.{kind}" for kind in ("csr", "pem", "key"))
        run(["openssl", "req", "-newkey", *P_256, "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}"])
        day = lambda days: (datetime.now(timezone.utc) + timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")
        self.do("-batch", "-notext", "-extensions", "client", "-in", request, "-out", cert, "-startdate", day(begin),
                "-enddate", day(end))
        return cert, key

    def revoke(self, cert):
        self.do("-revoke", cert)
        self.list()

    def list(self):
        self.do("-gencrl", "-out", self.crl)


class Curl(clients.Curl):
    """curl with `--cert`."""

    shown = None

    def options(self, server, mode):
        words = super().options(server, mode)
        return words + ["--cert", self.shown[0], "--key", self.shown[1]] if self.shown else words


class Lftp(clients.Lftp):
    """lftp with `ssl:cert-file`."""

    shown = None

    def script(self, server, mode, *lines):
        words = super().script(server, mode, *lines)
        if self.shown:
            words[-1] = f"set ssl:cert-file {self.shown[0]}; set ssl:key-file {self.shown[1]}; {words[-1]}"
        return words


class Ftplib(clients.Ftplib):
    """ftplib with a certificate in its context."""

    shown = None

    def env(self, server):
        more = {"INTEROP_CERT": str(self.shown[0]), "INTEROP_KEY": str(self.shown[1])} if self.shown else {}
        return {**super().env(server), **more}


class Wharf(clients.Wharf):
    """wharf with `--client-cert`."""

    shown = None

    def options(self, mode):
        more = ["--client-cert", self.shown[0], "--client-key", self.shown[1]] if self.shown else []
        return [*super().options(mode), *more]


class Cases:
    """One server that demands certificates, and everything that can be shown to it."""

    def __init__(self, places):
        self.places = places
        ours, theirs = Authority(places.work / "clients-ca"), Authority(places.work / "other-ca")
        self.ours = ours
        self.shown = {
            "right": ours.issue("alice", "right"),
            "missing": None,
            "foreign": theirs.issue("alice", "foreign"),
            "expired": ours.issue("alice", "expired", -9, -1),
            "revoked": ours.issue("alice", "revoked"),
            "other": ours.issue("bob", "other"),
        }
        ours.revoke(self.shown["revoked"][0])
        text = (
            f'[client_certificates]\nask = "required"\nca = "{ours.ca}"\ncrl = ["{ours.crl}"]\nmap = "common-name"\n'
            'login = "certificate"\n[[user]]\nname = "alice"\nhash = "*"'
        )
        self.server = servers.wharfd_run(places, "certificates", text)
        # There is no password that would fit.
        self.server.password = "none"
        self.file = places.work / "certified"
        self.file.write_bytes(content("certified", 200_000))

    def events(self, message):
        """The log's lines with this message."""
        log = self.server.logs[0].read_text(errors="backslashreplace")
        found = (json.loads(line) for line in log.splitlines() if line.startswith("{"))
        return [event for event in found if event.get("message") == message]

    def one(self, client, mode, kind):
        """One upload and one download, or their refusal."""
        client.shown = self.shown[kind]
        name, refused = f"{client.name}-{mode}-{kind}", SHOWN[kind]
        before = len(self.events("client certificate refused"))
        if refused is None:
            client.do(self.server, mode, "put", name, self.file)
            must_match(self.file, self.server.path(name))
            back = self.places.work / f"back-{name}"
            client.do(self.server, mode, "get", name, back)
            must_match(self.file, back)
            if not any(event["code"] == 232 for event in self.events("replied")):
                raise Failure("nobody was logged in by 232")
            return
        words = client.command(self.server, mode, "put", name, self.file)
        code, said = run(words, 60, client.env(self.server), check=False)
        if code == 0 or self.server.path(name).exists():
            raise Failure(f"it got in: {tail(said)}")
        # curl keeps the text to itself.
        wanted = "530" if client.name == "curl" else refused
        if wanted not in said.decode(errors="replace"):
            raise Failure(f"it was not told that it {refused}: {tail(said)}")
        if len(self.events("client certificate refused")) == before:
            raise Failure("the log does not tell")

    def data(self, kind, part):
        """Another certificate on the data connection than on the control connection."""
        context = ssl.create_default_context(cafile=self.places.ca)
        context.load_cert_chain(*self.shown["right"])
        ftp = ftplib_client.Explicit(context=context, timeout=60)
        ftp.connect("127.0.0.1", self.server.ports["explicit"])
        ftp.auth()
        if not ftp.sendcmd("USER alice").startswith("232"):
            raise Failure("the certificate does not log in")
        ftp.prot_p()
        ftp.voidcmd("TYPE I")
        other = ssl.create_default_context(cafile=self.places.ca)
        if self.shown[kind]:
            other.load_cert_chain(*self.shown[kind])
        ftp.context = other
        try:
            with self.file.open("rb") as file:
                ftp.storbinary(f"STOR /pub/data-{kind}", file)
            raise Failure("it was taken")
        except ftplib.Error as problem:
            reply = str(problem)
        except OSError:
            # The connection broke first; the reply is there all the same.
            try:
                reply = ftp.getresp()
            except ftplib.Error as problem:
                reply = str(problem)
        if not reply.startswith("522") or part not in reply:
            raise Failure(f"not refused for its certificate: {reply}")
        if self.server.path(f"data-{kind}").exists():
            raise Failure("the file is there")
        # The session goes on with its own.
        ftp.context = context
        with self.file.open("rb") as file:
            ftp.storbinary(f"STOR /pub/data-{kind}", file)
        must_match(self.file, self.server.path(f"data-{kind}"))
        ftp.quit()


    def revoked_meanwhile(self):
        """A certificate that is revoked while its client is logged in: the list is read again, and its session ends."""
        context = ssl.create_default_context(cafile=self.places.ca)
        context.load_cert_chain(*self.shown["right"])

        def login():
            ftp = ftplib_client.Explicit(context=context, timeout=60)
            ftp.connect("127.0.0.1", self.server.ports["explicit"])
            ftp.auth()
            return ftp, ftp.sendcmd("USER alice")

        ftp, reply = login()
        if not reply.startswith("232"):
            raise Failure(f"the certificate does not log in: {reply}")
        ftp.prot_p()
        self.ours.revoke(self.shown["right"][0])
        os.kill(self.server.children[-1].pid, signal.SIGHUP)
        log = self.server.logs[0]
        wait_until(lambda: "lists of revoked certificates" in log.read_text(errors="backslashreplace"),
                   lambda: "the list was not read again")

        def answer(ask):
            try:
                return str(ask())
            except ftplib.Error as problem:
                return str(problem)

        def listing():
            try:
                return ftp.retrlines("LIST", lambda _: None)
            except OSError:
                # The connection broke first; the reply is there all the same.
                return ftp.getresp()

        for what, said in (("a listing", answer(listing)), ("a login", answer(login))):
            if "has been revoked" not in said:
                raise Failure(f"{what} was not refused for the list: {said}")


def run_all(places, outcomes, installed):
    """Every client that is there with every certificate."""
    cases = Cases(places)
    with cases.server:
        for client in (Curl(places), Lftp(places), Ftplib(places, True), Wharf(places)):
            if not isinstance(client, Wharf) and client.name not in installed:
                continue
            for mode in ("explicit", "implicit"):
                for kind in SHOWN:
                    outcomes.run(f"certificates: {client.name} {mode} {kind}",
                                 lambda client=client, mode=mode, kind=kind: cases.one(client, mode, kind))
        for kind, part in (("other", "another client certificate"), ("missing", "none was shown"), ("revoked", "revoked")):
            outcomes.run(f"certificates: {kind} on the data connection alone", lambda kind=kind, part=part: cases.data(kind, part))
        outcomes.run("certificates: one that is revoked while its client is logged in", cases.revoked_meanwhile)
