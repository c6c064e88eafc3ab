"""Gets the peers that are missing: servers and clients of Debian, pyftpdlib from PyPI into a Python of its own, and a program
around the crate libunftp."""

import os
import shutil
import sys
from pathlib import Path

import install
from harness import Failure, run

# Clients that are measured and that the programme of interoperability does not need.
TOOLS = ["rclone"]


def get(folder):
    """Brings what is missing; needs root and Debian's package tools, but for libunftp."""
    _libunftp(folder / "libunftp")
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


def _libunftp(folder):
    """Builds the program around libunftp, which is no part of the workspace. A run without it is a run."""
    print("building the program around libunftp (minutes, the first time)", flush=True)
    manifest = Path(__file__).with_name("libunftp") / "Cargo.toml"
    cargo = os.environ.get("CARGO", "cargo")
    try:
        run([cargo, "build", "--release", "--locked", "--manifest-path", manifest, "--target-dir", folder], 1800)
    except (Failure, OSError) as problem:
        print(f"libunftp could not be built: {problem}", file=sys.stderr, flush=True)
