"""The servers: wharfd and its peers, each started on loopback ports in its own folder."""

import grp
import os
import pwd
import re
import subprocess
from pathlib import Path

from harness import Failure, free_port, fresh, run, tail, wait_for_port, wait_until

# What a server does not offer at all, and why; no package could change it.
NEVER = {
    ("pure-ftpd", "implicit"): "Pure-FTPd has no implicit TLS",
}

# How wharfd refuses a data connection that should resume and does not.
NO_RESUMPTION = "^522 .*session"


class Server:
    """A running server: where it listens for each mode, who may log in, and the folder it serves."""

    def __init__(self, name, root, user, password):
        self.name, self.root, self.user, self.password = name, root, user, password
        self.host, self.ports = "127.0.0.1", {}
        self.children = []
        self.logs = []

    def start(self, command, log, env=None):
        """Starts one process; it is ended by its own id in `stop`."""
        with open(log, "ab") as out:
            child = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )
        self.children.append(child)
        self.logs.append(log)
        return child

    def stop(self):
        """Ends what was started here."""
        for child in self.children:
            if child.poll() is None:
                child.terminate()
        for child in self.children:
            try:
                child.wait(timeout=5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def path(self, name):
        """Where a file of the served folder `/pub` lies on the disk."""
        return self.root / "pub" / name

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Places:
    """Where the run finds programs, certificates and its folder."""

    def __init__(self, work, peers, wharfd, wharf, ca, cert, key, both):
        self.work, self.peers, self.wharfd, self.wharf = work, peers, wharfd, wharf
        self.ca, self.cert, self.key, self.both = ca, cert, key, both

    def program(self, path):
        """A peer's program: unpacked under target/peers, else the system's own; None when neither is there."""
        for base in (self.peers / "root", Path("/")):
            candidate = base / path
            if candidate.is_file() and os.access(candidate, os.X_OK):
                return candidate
        return None


def _served(places, name):
    folder = fresh(places.work / name)
    # Files go to /pub: vsftpd refuses an anonymous root that may be written to.
    root = folder / "root"
    (root / "pub").mkdir(parents=True)
    if os.geteuid() == 0:
        # Servers started as root give up that right for the account: it must be able to write.
        (root / "pub").chmod(0o777)
    return folder, root


def wharfd(places, data_session="prefer", extra=(), sessions=200, pair=None):
    """`wharfd serve` with every mode open; `pair` are the words that name certificate and key."""
    pair = pair or ("--cert", places.cert, "--key", places.key)
    folder, root = _served(places, f"wharfd-{data_session}")
    server = Server(f"wharfd({data_session})", root, "alice", "correct horse")
    log = folder / "log"
    child = server.start(
        [places.wharfd, "serve", root, "--listen", "127.0.0.1:0", "--implicit", "127.0.0.1:0",
         "--user", f"{server.user}:{server.password}", *pair,
         "--control-tls", "allow", "--data-tls", "allow", "--data-session", data_session,
         "--max-sessions", sessions, "--max-per-ip", sessions, *extra],
        log,
    )
    return told_ports(server, child, log)


def wharfd_run(places, name, text):
    """`wharfd run` with `text` below the root, listeners for every mode, and the certificate."""
    folder, root = _served(places, f"wharfd-{name}")
    server = Server(f"wharfd({name})", root, "alice", "correct horse")
    config, log = folder / "wharfd.toml", folder / "log"
    config.write_text(
        f'root = "{root}"\n{text}\n[tls]\ncertificate = "{places.cert}"\nkey = "{places.key}"\n'
        '[[listener]]\naddress = "127.0.0.1:0"\n[[listener]]\naddress = "127.0.0.1:0"\nimplicit = true\n'
        '[log]\nformat = "json"\n'
    )
    config.chmod(0o600)
    return told_ports(server, server.start([places.wharfd, "run", "--config", config], log), log)


def told_ports(server, child, log, modes=("explicit", "implicit")):
    """The server, once it has said where it listens for each of the modes."""
    def look():
        ended = child.poll() is not None
        for line in log.read_text(errors="backslashreplace").splitlines():
            found = re.search(r"127\.0\.0\.1:([0-9]+)", line)
            for mode in modes:
                if found and mode in line.lower() and found.group(1) != "0":
                    server.ports.setdefault(mode, int(found.group(1)))
        return set(modes) <= server.ports.keys() or ended

    def problem():
        return f"wharfd did not say where it listens:\n{tail(log.read_bytes())}"

    try:
        wait_until(look, problem, 20, 0.02)
        if not set(modes) <= server.ports.keys():
            raise Failure(problem())
    except Failure:
        server.stop()
        raise
    if "explicit" in modes:
        server.ports["clear"] = server.ports["explicit"]
    return server


def vsftpd(places, reuse=True):
    """vsftpd, one process per mode; its anonymous account may write, so that no system account is needed."""
    program = places.program("usr/sbin/vsftpd")
    if program is None:
        return None
    folder, root = _served(places, f"vsftpd-reuse-{'yes' if reuse else 'no'}")
    server = Server(f"vsftpd(reuse={'YES' if reuse else 'NO'})", root, "ftp", "interop@example.org")
    empty = folder / "empty"
    empty.mkdir()
    # vsftpd first goes to the account's home folder, which `nobody` does not have.
    account = "daemon" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    for mode in ("explicit", "implicit"):
        port = free_port()
        conf = folder / f"{mode}.conf"
        settings = {
            "listen": "YES", "background": "NO", "listen_address": "127.0.0.1", "listen_port": port,
            "anonymous_enable": "YES", "local_enable": "NO", "write_enable": "YES", "ftp_username": account,
            "nopriv_user": account, "anon_root": root, "anon_upload_enable": "YES",
            "anon_mkdir_write_enable": "YES", "anon_other_write_enable": "YES", "anon_umask": "022",
            "anon_world_readable_only": "NO", "secure_chroot_dir": empty,
            "seccomp_sandbox": "NO", "isolate": "NO", "isolate_network": "NO", "mdtm_write": "YES",
            "ssl_enable": "YES", "allow_anon_ssl": "YES", "force_anon_data_ssl": "NO", "force_anon_logins_ssl": "NO",
            "force_local_data_ssl": "NO", "force_local_logins_ssl": "NO", "rsa_cert_file": places.cert,
            "rsa_private_key_file": places.key, "require_ssl_reuse": "YES" if reuse else "NO",
            "ssl_ciphers": "HIGH", "implicit_ssl": "YES" if mode == "implicit" else "NO",
            "xferlog_enable": "YES", "vsftpd_log_file": folder / f"{mode}.log", "log_ftp_protocol": "YES",
            "xferlog_std_format": "NO", "max_per_ip": 0, "strict_ssl_read_eof": "YES",
            "run_as_launching_user": "NO" if os.geteuid() == 0 else "YES",
        }
        conf.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        log = folder / f"{mode}.out"
        child = server.start([program, conf], log)
        server.logs.append(folder / f"{mode}.log")
        _await(server, port, child, log)
        server.ports[mode] = port
    server.ports["clear"] = server.ports["explicit"]
    return server


def proftpd(places, reuse=True):
    """ProFTPD with mod_tls as it comes: a data connection must resume the control session."""
    program = places.program("usr/sbin/proftpd")
    modules = places.peers / "root/usr/lib/proftpd"
    if not modules.is_dir():
        modules = Path("/usr/lib/proftpd")
    if program is None or not (modules / "mod_tls.so").is_file():
        return None
    folder, root = _served(places, f"proftpd-reuse-{'yes' if reuse else 'no'}")
    server = Server(f"proftpd(reuse={'required' if reuse else 'off'})", root, "alice", "correct-horse")
    passwords, groups = folder / "passwd", folder / "group"
    uid, gid = _unprivileged()
    passwords.write_text(f"alice:{_hashed(server.password)}:{uid}:{gid}::{root}:/bin/sh\n")
    groups.write_text(f"users:x:{gid}:\n")
    passwords.chmod(0o600)
    groups.chmod(0o600)
    for mode in ("explicit", "implicit"):
        port = free_port()
        conf = folder / f"{mode}.conf"
        options = [] if reuse else ["NoSessionReuseRequired"]
        if mode == "implicit":
            options.append("UseImplicitSSL")
        chosen = f"TLSOptions {' '.join(options)}\n  " if options else ""
        identity = f"User {pwd.getpwuid(uid).pw_name}\nGroup {grp.getgrgid(gid).gr_name}\n"
        conf.write_text(f"""ModulePath {modules}
LoadModule mod_tls.c
ServerType standalone
ServerName interop
DefaultAddress 127.0.0.1
SocketBindTight on
Port {port}
{identity}PidFile {folder}/{mode}.pid
ScoreboardFile {folder}/{mode}.scoreboard
DelayTable none
DelayEngine off
SystemLog {folder}/{mode}.log
TransferLog none
WtmpLog off
UseReverseDNS off
AuthOrder mod_auth_file.c
AuthUserFile {passwords}
AuthGroupFile {groups}
RequireValidShell off
DefaultRoot {root}
AllowOverwrite on
AllowStoreRestart on
AllowRetrieveRestart on
MaxInstances 50
TimeoutIdle 120
<IfModule mod_tls.c>
  TLSEngine on
  TLSProtocol TLSv1.2 TLSv1.3
  TLSRequired off
  TLSRSACertificateFile {places.cert}
  TLSRSACertificateKeyFile {places.key}
  {chosen}TLSVerifyClient off
  TLSRenegotiate none
  TLSLog {folder}/{mode}.tls.log
</IfModule>
""".replace("TLSRSACertificate", "TLSECCertificate"))
        log = folder / f"{mode}.out"
        child = server.start([program, "--nodaemon", "--config", conf], log)
        server.logs += [folder / f"{mode}.log", folder / f"{mode}.tls.log"]
        _await(server, port, child, log)
        server.ports[mode] = port
    server.ports["clear"] = server.ports["explicit"]
    return server


def pure_ftpd(places):
    """Pure-FTPd with `--tls=1` (clear and explicit) and an account in its own database."""
    program, accounts = places.program("usr/sbin/pure-ftpd"), places.program("usr/bin/pure-pw")
    if program is None or accounts is None:
        return None
    if os.geteuid() != 0:
        return None
    folder, root = _served(places, "pure-ftpd")
    server = Server("pure-ftpd", root, "alice", "correct-horse")
    text, database = folder / "accounts", folder / "accounts.pdb"
    uid, gid = _unprivileged()
    # Written by hand: the hash that `pure-pw useradd` makes costs seconds of work at each login.
    text.write_text(f"{server.user}:{_hashed(server.password)}:{uid}:{gid}::{root}/./" + ":" * 12 + "\n")
    run([accounts, "mkdb", database, "-f", text])
    port = free_port()
    log = folder / "out"
    child = server.start(
        [program, "--bind", f"127.0.0.1,{port}", "--login", f"puredb:{database}", "--tls", "1",
         "--certfile", places.both, "--noanonymous", "--dontresolve", "--minuid", "100", "--pidfile",
         folder / "pid", "--chrooteveryone", "--maxclientsperip", "100", "--ipv4only",
         "--limitrecursion", "100000:20"],
        log,
    )
    _await(server, port, child, log)
    server.ports = {"clear": port, "explicit": port}
    return server


def _unprivileged():
    """The account that serves files: `nobody` when started as root, else the one that runs this."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        return nobody.pw_uid, nobody.pw_gid
    return os.geteuid(), os.getegid()


def _hashed(password):
    _, hashed = run(["openssl", "passwd", "-6", password])
    return hashed.decode().strip()


def _await(server, port, child, log):
    try:
        wait_for_port(port, child, log)
    except Failure:
        server.stop()
        raise
