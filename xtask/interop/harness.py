"""What every interop case needs: a place to work in, commands with a time limit, and a list of outcomes."""

import hashlib
import math
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path


class Failure(Exception):
    """A step did not do what it should; the text says what was seen."""


class TooLate(Failure):
    """What should have been cut was over before."""


class Outcomes:
    """Counts what passed, failed and was skipped, and prints each as it happens."""

    def __init__(self):
        self.passed, self.failed, self.skipped = [], [], []

    def run(self, name, step, seconds=None):
        """Runs one case; any exception is its failure and the run goes on. `seconds` tells how long it took elsewhere."""
        begun = time.monotonic() - (seconds or 0)
        try:
            step()
        except (Failure, OSError, EOFError, subprocess.SubprocessError) as problem:
            self.failed.append(name)
            print(f"FAIL {name}\n     " + str(problem).strip().replace("\n", "\n     "), flush=True)
        except Exception as problem:  # noqa: BLE001 - ftplib raises many kinds
            self.failed.append(name)
            print(f"FAIL {name}\n     {type(problem).__name__}: {problem}", flush=True)
        else:
            self.passed.append(name)
            print(f"ok   {name}  ({time.monotonic() - begun:.1f} s)", flush=True)

    def skip(self, name, why):
        """Something that should run cannot run here."""
        self.skipped.append(name)
        print(f"skip {name}: {why}", flush=True)

    @staticmethod
    def absent(name, why):
        """Something that no installation could bring; named, but no gap in this run."""
        print(f"n/a  {name}: {why}", flush=True)


def run(command, limit=120, env=None, cwd=None, stdin=None, check=True):
    """Runs a command to its end within `limit` seconds and returns (exit code, output of both streams)."""
    words = [str(word) for word in command]
    child = subprocess.Popen(
        words,
        stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **(env or {})},
        cwd=cwd,
        start_new_session=True,
    )
    try:
        output, _ = child.communicate(stdin, timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        output, _ = child.communicate()
        raise Failure(f"{words[0]}: not done after {limit} s\n{tail(output)}") from None
    if check and child.returncode != 0:
        raise Failure(f"{' '.join(words)}: exit {child.returncode}\n{tail(output)}")
    return child.returncode, output


def tail(output, lines=15):
    """The last lines of what a program said."""
    return "\n".join(output.decode("utf-8", "backslashreplace").splitlines()[-lines:])


def cut(command, upload, folder, size, limit=60, env=None):
    """Starts a transfer and kills it as soon as it has moved `size` bytes; `TooLate` when it ended before.

    A download is watched by the largest file in the local `folder`, an upload by what the program has read."""
    child = subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(env or {})},
        start_new_session=True,
    )
    deadline = time.monotonic() + limit
    try:
        while time.monotonic() < deadline:
            if (_bytes_read(child.pid) if upload else _largest(folder)) >= size:
                return
            if child.poll() is not None:
                kind = Failure if child.returncode else TooLate
                raise kind(f"the transfer ended before it was cut (exit {child.returncode})")
            time.sleep(0.001)
        raise Failure(f"nothing to cut within {limit} s")
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _bytes_read(process):
    """What a process has read from files since its start."""
    try:
        text = Path(f"/proc/{process}/io").read_text()
    except OSError:
        return 0
    return int(text.split("rchar:", 1)[1].split()[0])


def _largest(folder):
    """The size of the largest file under a folder, hidden ones included."""
    sizes = [0]
    for path in Path(folder).rglob("*"):
        try:
            sizes.append(path.stat().st_size)
        except OSError:
            continue
    return max(sizes)


def free_port():
    """A loopback port that was free a moment ago, for servers that cannot bind port 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, child, log, limit=20):
    """Waits until a server accepts connections, or tells what it said instead."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        if child.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.02)
    raise Failure(f"no server on port {port}: {tail(log.read_bytes()) if log.exists() else 'no log'}")


def wait_until(look, problem, limit=30, pause=0.05):
    """What `look` gives, once that is true; fails with what `problem` says after `limit` seconds.

    For what nobody can be asked to tell, such as a line in a file: it is looked for again and again."""
    deadline = time.monotonic() + limit
    while not (found := look()):
        if time.monotonic() > deadline:
            raise Failure(f"{problem()} (within {limit} s)")
        time.sleep(pause)
    return found


def sha256(path):
    """The digest of a file, read in pieces."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def must_match(expected, found):
    """Two files hold the same bytes."""
    if not Path(found).is_file():
        raise Failure(f"{found} is not there")
    if sha256(expected) != sha256(found):
        sizes = Path(expected).stat().st_size, Path(found).stat().st_size
        raise Failure(f"{found} differs from {expected} (sizes {sizes[1]} and {sizes[0]})")


def content(seed, size):
    """`size` bytes that look random and are the same in each run."""
    return hashlib.shake_256(str(seed).encode()).digest(size)


def varied_size(seed, low, high):
    """A size between both, as likely small as large on a logarithmic scale."""
    return min(high, int(math.exp(random.Random(str(seed)).uniform(math.log(low), math.log(high + 1)))))


def make_file(path, size, seed):
    """Writes `size` bytes that look random, hold every byte value, and are the same in each run."""
    with open(path, "wb") as file:
        left, counter = size, 0
        while left > 0:
            piece = hashlib.shake_256(f"{seed}/{counter}".encode()).digest(min(left, 1 << 20))
            file.write(piece)
            left -= len(piece)
            counter += 1
    return Path(path)


P_256 = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def make_certificate(folder, kind=P_256):
    """An authority and a server certificate for localhost, 127.0.0.1 and the proxy; returns (ca, chain, key, both)."""
    ca, ca_key = folder / "ca.pem", folder / "ca.key"
    cert, key, request = folder / "server.pem", folder / "server.key", folder / "server.csr"
    names = folder / "names.cnf"
    names.write_text(
        "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:127.0.0.7\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n"
    )
    pair = ["-newkey", *kind, "-nodes"]
    run(["openssl", "req", "-x509", *pair, "-keyout", ca_key, "-out", ca, "-days", "30", "-subj", "/CN=test CA"])
    run(["openssl", "req", *pair, "-keyout", key, "-out", request, "-subj", "/CN=localhost"])
    run(["openssl", "x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial",
         "-out", cert, "-days", "30", "-extfile", names])
    both = folder / "both.pem"
    both.write_text(key.read_text() + cert.read_text())
    for path in (key, ca_key, both):
        path.chmod(0o600)
    return ca, cert, key, both


def fresh(folder):
    """An empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    Path(folder).mkdir(parents=True)
    return Path(folder)


def die(message):
    """Ends the whole run."""
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)
