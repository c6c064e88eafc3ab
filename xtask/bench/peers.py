"""The servers that are measured, each as fast as its documentation says how: no logs of transfers, no look-ups of names,
no limits that the load would meet. All serve the same folder with the same certificate."""

import os
import re
import time
from pathlib import Path

import machine
from harness import Failure, free_port, fresh, run, tail, wait_for_port
from servers import Server

USER, PASSWORD = "alice", "correct"
# The password above under crypt(3): DES costs microseconds, SHA-512 is what Debian makes of passwords.
CHEAP = "abpWIu4f4hFp2"


class Bench(Server):
    """A server in a control group of its own, bound to the first core."""

    def __init__(self, name, folder, root):
        super().__init__(name, root, USER, PASSWORD)
        self.folder, self.group, self.port = folder, machine.Group(), None
        self.anonymous = None

    def launch(self, command, env=None, pinned=True):
        """Starts the server's process."""
        command = self.group.entering(machine.pinned(0, command) if pinned else command)
        return self.start(command, self.folder / "out", {"HOME": str(self.folder), **(env or {})})

    def await_port(self, port):
        try:
            wait_for_port(port, self.children[-1], self.folder / "out")
        except Failure:
            self.stop()
            raise
        self.port = port
        return self

    def cpu(self):
        return self.group.cpu(self.children[-1].pid)

    def memory(self):
        return machine.memory(self.group.processes(self.children[-1].pid))

    def stop(self):
        super().stop()
        self.group.close()


class Places:
    """Where programs, certificates and folders are."""

    def __init__(self, work, root, target, certificates):
        self.work, self.root, self.target = work, root, target
        self.wharfd, self.wharf = target / "release/wharfd", target / "release/wharf"
        self.load = target / "release/wharf-bench"
        # Built of xtask/bench/libunftp by `--install`; None when it is not there.
        libunftp = target / "peers/libunftp/release/libunftp-peer"
        self.libunftp = libunftp if os.access(libunftp, os.X_OK) else None
        self.ca, self.cert, self.key, self.both = certificates

    def program(self, path):
        """A peer's program: unpacked under target/peers, else the system's own; None when neither is there."""
        for base in (self.target / "peers/root", Path("/")):
            if os.access(base / path, os.X_OK):
                return base / path
        return None

    def python(self):
        """The Python that has pyftpdlib, or None."""
        for candidate in (self.target / "peers/pyftpdlib/bin/python3", Path("/usr/bin/python3")):
            if candidate.is_file() and run([candidate, "-c", "import pyftpdlib, OpenSSL"], check=False)[0] == 0:
                return candidate
        return None

    def ciphers(self, variant):
        """The environment that makes OpenSSL offer AES-128-GCM alone for TLS 1.3."""
        if variant != "aes128":
            return {}
        path = self.work / "aes128.cnf"
        path.write_text("openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = chosen\n"
                        "[chosen]\nCiphersuites = TLS_AES_128_GCM_SHA256\n")
        return {"OPENSSL_CONF": str(path)}


def _served(name, variant, places):
    folder = fresh(places.work / f"{name}-{variant}")
    return Bench(name, folder, places.root)


def wharfd(places, variant):
    """`wharfd serve`; its variants `data` and `full` are other durabilities, `hash` a users file with Argon2id."""
    server = _served("wharfd", variant, places)
    accounts = ["--user", f"{USER}:{PASSWORD}"]
    if variant == "hash":
        users = server.folder / "users"
        run([places.wharfd, "passwd", "--users", users, USER], stdin=f"{PASSWORD}\n".encode())
        accounts = ["--users", users]
    durability = variant if variant in ("data", "full") else "off"
    server.launch(
        [places.wharfd, "serve", places.root, "--listen", "127.0.0.1:0", *accounts, "--anonymous",
         "--cert", places.cert, "--key", places.key, "--control-tls", "allow", "--data-tls", "allow",
         "--max-sessions", 20000, "--max-per-ip", 20000, "--idle-timeout", "1h", "--log-level", "warn",
         "--log-format", "json", "--durability", durability, "--state-dir", server.folder])
    server.anonymous = "anonymous"
    return _listening(server)


def _listening(server):
    """Waits until wharfd says which port the system gave it."""
    deadline = time.monotonic() + 20
    log = server.folder / "out"
    while time.monotonic() < deadline and server.children[-1].poll() is None:
        found = re.search(r"127\.0\.0\.1:([1-9][0-9]*)", log.read_text(errors="backslashreplace"))
        if found:
            server.port = int(found.group(1))
            return server
        time.sleep(0.02)
    server.stop()
    raise Failure(f"wharfd did not say where it listens:\n{tail(log.read_bytes())}")


def vsftpd(places, variant):
    """vsftpd, whose anonymous account may write: it has no cheaper way to log in."""
    program = places.program("usr/sbin/vsftpd")
    if program is None or variant in ("hash", "data", "full"):
        return None
    server = _served("vsftpd", variant, places)
    server.user = server.anonymous = "ftp"
    empty, conf, port = server.folder / "empty", server.folder / "conf", free_port()
    empty.mkdir()
    root = os.geteuid() == 0
    settings = {
        "listen": "YES", "background": "NO", "listen_address": "127.0.0.1", "listen_port": port,
        "anonymous_enable": "YES", "local_enable": "NO", "write_enable": "YES", "anon_root": places.root,
        "anon_upload_enable": "YES", "anon_mkdir_write_enable": "YES", "anon_other_write_enable": "YES",
        "anon_umask": "022", "anon_world_readable_only": "NO", "secure_chroot_dir": empty, "no_anon_password": "NO",
        "seccomp_sandbox": "NO", "isolate": "NO", "isolate_network": "NO", "xferlog_enable": "NO",
        "syslog_enable": "NO", "use_sendfile": "YES", "max_clients": 0, "max_per_ip": 0, "idle_session_timeout": 3600,
        "ssl_enable": "YES", "allow_anon_ssl": "YES", "force_anon_data_ssl": "NO",
        "force_anon_logins_ssl": "NO", "rsa_cert_file": places.cert, "rsa_private_key_file": places.key,
        "require_ssl_reuse": "YES", "ssl_ciphers": "HIGH", "strict_ssl_read_eof": "YES",
        "run_as_launching_user": "NO" if root else "YES",
    }
    if root:
        # It first goes to the account's home folder, which `nobody` does not have.
        settings |= {"ftp_username": "daemon", "nopriv_user": "daemon"}
    conf.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    server.launch([program, conf], places.ciphers(variant))
    return server.await_port(port)


def proftpd(places, variant):
    """ProFTPD with mod_tls."""
    program, modules = places.program("usr/sbin/proftpd"), places.target / "peers/root/usr/lib/proftpd"
    if not modules.is_dir():
        modules = Path("/usr/lib/proftpd")
    if program is None or not (modules / "mod_tls.so").is_file() or variant in ("data", "full"):
        return None
    server = _served("proftpd", variant, places)
    folder, port = server.folder, free_port()
    user, uid, gid = ("nobody", 65534, 65534) if os.geteuid() == 0 else ("", os.geteuid(), os.getegid())
    passwords, groups, conf = folder / "passwd", folder / "group", folder / "conf"
    passwords.write_text(f"{USER}:{_hashed(variant)}:{uid}:{gid}::{places.root}:/bin/sh\n")
    groups.write_text(f"users:x:{gid}:\n")
    passwords.chmod(0o600)
    groups.chmod(0o600)
    suites = "TLSCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256" if variant == "aes128" else ""
    conf.write_text(f"""ModulePath {modules}
LoadModule mod_tls.c
ServerType standalone
ServerName bench
DefaultAddress 127.0.0.1
SocketBindTight on
Port {port}
{f"User {user}" if user else ""}
PidFile {folder}/pid
ScoreboardFile {folder}/scoreboard
DelayTable none
DelayEngine off
SystemLog none
TransferLog none
WtmpLog off
UseReverseDNS off
UseIPv6 off
UseSendfile on
AuthOrder mod_auth_file.c
AuthUserFile {passwords}
AuthGroupFile {groups}
RequireValidShell off
DefaultRoot {places.root}
AllowOverwrite on
MaxInstances none
tcpBackLog 255
TimeoutIdle 3600
TimeoutNoTransfer 3600
<IfModule mod_tls.c>
  TLSEngine on
  TLSProtocol TLSv1.2 TLSv1.3
  TLSRequired off
  TLSRSACertificateFile {places.cert}
  TLSRSACertificateKeyFile {places.key}
  {suites}
  TLSCACertificateFile {places.ca}
  TLSOptions NoSessionReuseRequired
  TLSVerifyClient off
  TLSRenegotiate none
  TLSLog none
</IfModule>
""")
    server.launch([program, "--nodaemon", "--config", conf], places.ciphers(variant))
    return server.await_port(port)


def pure_ftpd(places, variant):
    """Pure-FTPd with `--tls=1` and an account in its own database; needs root."""
    program, accounts = places.program("usr/sbin/pure-ftpd"), places.program("usr/bin/pure-pw")
    if program is None or accounts is None or os.geteuid() != 0 or variant in ("data", "full"):
        return None
    server = _served("pure-ftpd", variant, places)
    text, database, port = server.folder / "accounts", server.folder / "accounts.pdb", free_port()
    text.write_text(f"{USER}:{_hashed(variant)}:65534:65534::{places.root}/./" + ":" * 12 + "\n")
    run([accounts, "mkdb", database, "-f", text])
    server.launch(
        [program, "--bind", f"127.0.0.1,{port}", "--login", f"puredb:{database}", "--tls", 1, "--certfile", places.both,
         "--noanonymous", "--dontresolve", "--minuid", 100, "--pidfile", server.folder / "pid", "--chrooteveryone",
         "--maxclientsnumber", 20000, "--maxclientsperip", 20000, "--ipv4only", "--limitrecursion", "200000:20",
         "--syslogfacility", "none", "--maxidletime", 60],
        places.ciphers(variant))
    return server.await_port(port)


def pyftpdlib(places, variant):
    """pyftpdlib on PyOpenSSL, its asynchronous server."""
    python = places.python()
    if python is None or variant in ("hash", "data", "full"):
        return None
    server = _served("pyftpdlib", variant, places)
    port, script = free_port(), Path(__file__).with_name("pyftpdlib_server.py")
    server.launch([python, "-B", script, port, places.root, USER, PASSWORD, places.both], places.ciphers(variant))
    server.anonymous = "anonymous"
    return server.await_port(port)


def libunftp(places, variant):
    """A program of our own around the library libunftp and its files on disk; it brings no hash of passwords."""
    if places.libunftp is None or variant in ("hash", "data", "full"):
        return None
    server = _served("libunftp", variant, places)
    port = free_port()
    server.launch([places.libunftp, port, places.root, USER, PASSWORD, places.cert, places.key])
    server.anonymous = "anonymous"
    return server.await_port(port)


def _hashed(variant):
    if variant != "hash":
        return CHEAP
    return run(["openssl", "passwd", "-6", PASSWORD])[1].decode().strip()


# Each server by its name: how to start it, and how to get it.
SERVERS = {
    "wharfd": (wharfd, "cargo build"),
    "vsftpd": (vsftpd, "Debian package vsftpd, or `cargo xtask bench --install`"),
    "proftpd": (proftpd, "Debian packages proftpd-core and proftpd-mod-crypto, or `cargo xtask bench --install`"),
    "pure-ftpd": (pure_ftpd, "Debian package pure-ftpd, or `cargo xtask bench --install`; runs as root only"),
    "pyftpdlib": (pyftpdlib, "PyPI packages pyftpdlib and PyOpenSSL, or `cargo xtask bench --install`"),
    "libunftp": (libunftp, "`cargo xtask bench --install` builds a program around the crates libunftp and unftp-sbe-fs"),
}
# What a reader of the figures has to know of a server.
NOTES = {
    "libunftp": "a library, in a small program of ours (xtask/bench/libunftp) that accepts connections itself and switches Nagle's "
    "algorithm off: with the library's own listener each small file waits 40 ms, and an idle session takes 5 KiB less. It brings no "
    "hash of passwords",
}


def versions(places):
    """What each server that is there says of itself."""
    found, vsftpd_program = {}, places.program("usr/sbin/vsftpd")
    # vsftpd says it on what should be its input.
    asked = {
        "wharfd": ([places.wharfd, "--version"], r"\d\S*"),
        "vsftpd": (["sh", "-c", '"$0" -v 0>&1', vsftpd_program], r"\d\S*") if vsftpd_program else ([None], ""),
        "proftpd": ([places.program("usr/sbin/proftpd"), "--version"], r"\d\S*"),
        "pure-ftpd": ([places.program("usr/sbin/pure-ftpd"), "--help"], r"v(\d\S*)"),
        "pyftpdlib": ([places.python(), "-c", "import pyftpdlib; print(pyftpdlib.__ver__)"], r"\d\S*"),
        "libunftp": ([places.libunftp, "--version"], r"\d\S*"),
    }
    for name, (command, shape) in asked.items():
        if command[0] is None:
            continue
        said = re.search(shape, run(command, 20, check=False)[1].decode(errors="replace"))
        found[name] = said.group(said.lastindex or 0) if said else "?"
    return found
