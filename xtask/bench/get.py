"""Gets the peers that are missing: servers and clients of Debian, pyftpdlib from PyPI into a Python of its own."""

import shutil
import sys

import install
from harness import run

# Clients that are measured and that the programme of interoperability does not need.
TOOLS = ["rclone"]


def get(folder):
    """Brings what is missing; needs root and Debian's package tools."""
    install.install(folder)
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        run(["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing], 600,
            {"DEBIAN_FRONTEND": "noninteractive"})
    python = folder / "pyftpdlib/bin/python3"
    if python.is_file() and run([python, "-c", "import pyftpdlib, OpenSSL"], check=False)[0] == 0:
        return
    shutil.rmtree(folder / "pyftpdlib", ignore_errors=True)
    run([sys.executable, "-m", "venv", folder / "pyftpdlib"], 120)
    run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pyftpdlib", "PyOpenSSL"], 300)
