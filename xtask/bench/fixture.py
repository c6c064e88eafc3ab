"""What lies ready before the first row: a certificate, and a folder of files in memory."""

import copy
import os
import shutil
from pathlib import Path

import peers
from harness import content, fresh, make_certificate
from rows import MIB, SMALL


class Places(peers.Places):
    """The places of a run, and the folders to remove behind it."""

    def on_disk(self):
        """The same with a folder on a disk, where what lasts costs something."""
        other = copy.copy(self)
        other.root = self.work / "disk"
        _shared(other.root / "up", 0o777)
        return other

    def remove(self):
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.rmtree(self.work / "disk", ignore_errors=True)


def prepare(target, sizes):
    """Makes the folders. Files lie in /dev/shm where it has the room, else under the target folder."""
    work = fresh(target / "bench")
    needed = 4 * (sizes.big + sizes.lanes * sizes.lane) + 1024 * (sizes.long + sizes.short)
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > needed
    root = fresh((memory if roomy else work) / f"wharf-bench-{os.getpid()}")
    # vsftpd refuses an anonymous root that may be written to.
    root.chmod(0o755)
    _shared(root / "up", 0o777)
    piece = content("bench", MIB)
    for name, size in (("big", sizes.big), ("mid", sizes.lane)):
        with open(root / name, "wb") as file:
            for _ in range(size // MIB):
                file.write(piece)
    small = _shared(root / "small", 0o755)
    for number in range(sizes.files):
        (small / f"f{number}").write_bytes(piece[:SMALL])
    for entries in (sizes.short, sizes.long):
        folder = _shared(root / f"many{entries}", 0o755)
        for number in range(entries):
            os.close(os.open(folder / f"f{number}", os.O_CREAT | os.O_WRONLY, 0o644))
    return Places(work, root, target, make_certificate(work, ("rsa:2048",)))


def _shared(folder, mode):
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(mode)
    return folder


def empty(folder):
    """Removes the files of a folder."""
    for path in folder.iterdir():
        path.unlink()


def limits(places, sizes):
    """The limits of the machine: their names and the options of `wharf-bench limit`."""
    file = ("--file", places.root / "big", "--size", sizes.big)
    pem = ("--cert", places.cert, "--key", places.key, "--ca", places.ca)
    yield "sendfile", ("sendfile", *file)
    yield "copy", ("copy", *file)
    for bits in (256, 128):
        yield f"tls{bits}", ("tls", *file, *pem, "--bits", bits)
        yield f"seal{bits}", ("seal", "--size", sizes.big, "--bits", bits)
