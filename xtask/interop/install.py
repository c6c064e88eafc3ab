"""Gets the peers: clients from the system's packages, servers unpacked side by side into target/peers.

The server packages exclude one another, so they are never installed: `dpkg -x` unpacks them, and the libraries they
depend on are installed."""

import os
import re
import shutil
import sys

from harness import die, run

TOOLS = ["curl", "lftp", "lnav", "openssl", "python3", "sslscan", "pebble"]
# From PyPI, into a Python of its own under target/peers.
AIOFTP = "0.28.3"
SERVERS = ["vsftpd", "proftpd-core", "proftpd-mod-crypto", "pure-ftpd"]


def install(peers):
    """Brings what is missing; needs root and Debian's package tools."""
    _packages(peers)
    _aioftp(peers / "python")


def _packages(peers):
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    unpacked = peers / "unpacked"
    if not missing and unpacked.is_file() and unpacked.read_text().split() == SERVERS and _linked(peers / "root"):
        return
    for tool in ("apt-get", "dpkg"):
        if shutil.which(tool) is None:
            die(f"--install needs {tool}")
    if os.geteuid() != 0:
        die("--install needs root")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-q"], 300, quiet)
    if missing:
        run(["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing], 600, quiet)
    debs, root = peers / "debs", peers / "root"
    shutil.rmtree(debs, ignore_errors=True)
    debs.mkdir(parents=True)
    run(["apt-get", "download", *SERVERS], 300, quiet, cwd=debs)
    libraries = set()
    for deb in sorted(debs.glob("*.deb")):
        run(["dpkg", "-x", deb, root])
        _, depends = run(["dpkg", "-f", deb, "Depends"])
        libraries |= {name for name in re.findall(r"(?:^|, )(lib[a-z0-9.+-]+)", depends.decode())}
    # These two are configuration for system-wide services, not libraries.
    libraries -= {"libpam-runtime", "libpam-modules"}
    run(["apt-get", "install", "-y", "-q", "--no-install-recommends", *sorted(libraries)], 600, quiet)
    unpacked.write_text("\n".join(SERVERS) + "\n")


def _aioftp(folder):
    """A virtual environment that holds aioftp alone."""
    python = folder / "bin/python3"
    if python.is_file():
        code, said = run([python, "-c", "from importlib.metadata import version; print(version('aioftp'))"], check=False)
        if code == 0 and said.decode().strip() == AIOFTP:
            return
    code, _ = run([sys.executable, "-c", "import ensurepip, venv"], check=False)
    if code != 0:
        # Debian has the parts that make environments in a package of their own.
        run(["apt-get", "install", "-y", "-q", "--no-install-recommends", "python3-venv"], 600,
            {"DEBIAN_FRONTEND": "noninteractive"})
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "venv", folder], 120)
    run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"aioftp=={AIOFTP}"], 300)


def _linked(root):
    """Whether the unpacked servers find all their libraries."""
    for name in ("vsftpd", "proftpd", "pure-ftpd"):
        _, said = run(["ldd", root / "usr/sbin" / name], check=False)
        if b"not found" in said or b"No such file" in said:
            return False
    return True
