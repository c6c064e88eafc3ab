"""MODE Z: bombs that stop at the largest upload, and files that lftp, ProFTPD and Python's zlib agree on."""

import ftplib
import re
import shutil
import threading
import time
import zlib

import clients
import servers
from cases import make_copy
from harness import Failure, content, free_port, fresh, make_file, must_match, run, wait_for_port
from soaking import descriptors, resident

# What stands at most in memory for a stream on its way in, however much it holds.
GROWTH = 1 << 20


class Zlib(ftplib.FTP):
    """A client in clear that speaks MODE Z by Python's own zlib."""

    def __init__(self, server):
        super().__init__(timeout=120)
        self.connect(server.host, server.ports["clear"])
        self.login(server.user, server.password)
        self.voidcmd("TYPE I")
        self.voidcmd("MODE Z")

    def send(self, command, stream):
        """Sends these bytes as they are; the code and text of the last reply."""
        with self.transfercmd(command) as data:
            try:
                for piece in stream:
                    data.sendall(piece)
            except OSError:
                # A server that has seen enough closes before all is sent.
                pass
        try:
            return self.getmultiline()
        except ftplib.Error as refusal:
            return str(refusal)

    def fetch(self, command):
        """What the zlib stream holds; nothing may stand behind it."""
        inflater, out = zlib.decompressobj(), bytearray()
        with self.transfercmd(command) as data:
            while piece := data.recv(1 << 16):
                out += inflater.decompress(piece)
        self.voidresp()
        if not inflater.eof or inflater.unused_data:
            raise Failure(f"{command}: no zlib stream, or something behind it")
        return bytes(out)


def bomb(path, size):
    """A zlib stream that holds `size` zeros."""
    deflater, zeros = zlib.compressobj(9), bytes(1 << 20)
    with open(path, "wb") as out:
        for _ in range(size >> 20):
            out.write(deflater.compress(zeros))
        out.write(deflater.flush())
    return path


def pieces(path):
    """A file in pieces of 64 KiB."""
    with open(path, "rb") as file:
        while piece := file.read(1 << 16):
            yield piece


class Peak(threading.Thread):
    """The most that a process has resident, looked at every few milliseconds."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process, self.most, self.over = process, resident(process), threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.002):
            self.most = max(self.most, resident(self.process))

    def end(self):
        self.over.set()
        self.join()
        return self.most


def bombs(places, size, largest, times):
    """XFR-22: streams that hold `size` bytes end with 552 at `largest`; what is in memory does not grow, no file stays."""
    path = bomb(places.work / "bomb", size)
    with servers.wharfd(places, extra=["--max-upload", largest]) as server:
        process, rows = server.children[0].pid, []
        ftp = Zlib(server)
        # What a first upload of the same kind leaves in memory is there before the bombs.
        warm = content("warm", largest // 2)
        reply = ftp.send("STOR pub/warm", [zlib.compress(warm)])
        if not reply.startswith("226"):
            raise Failure(f"an upload in MODE Z: {reply}")
        before, files = resident(process), descriptors(process)
        peak, begun = Peak(process), time.monotonic()
        for _ in range(times):
            reply = ftp.send("STOR pub/bomb", pieces(path))
            if not reply.startswith("552"):
                raise Failure(f"a bomb: {reply}")
        took, most = time.monotonic() - begun, peak.end()
        left = [name for name in (server.root / "pub").iterdir() if name.name != "warm"]
        if left:
            raise Failure(f"a bomb left {left}")
        ftp.quit()
        rows += [("bytes of the bomb", path.stat().st_size), ("bytes that it holds", size),
                 ("bytes taken at most", largest), ("bombs", times), ("milliseconds for each", int(took * 1000 / times)),
                 ("bytes resident before", before), ("growth at most while they came", max(0, most - before)),
                 ("descriptors more", descriptors(process) - files)]
        if most - before > GROWTH:
            raise Failure(f"memory grew by {most - before} bytes: from {before} to {most}")
    path.unlink()
    return rows


def python(places):
    """XFR-22: Python's zlib and wharfd agree on files of every size, in pieces of every size; faults are refused."""
    with servers.wharfd(places) as server:
        ftp = Zlib(server)
        for number, size in enumerate([0, 1, 65_537, 1 << 20, 20 << 20]):
            original = content(f"python-{size}", size) if size else b""
            level, step = number * 2 + 1, 7919 * (number + 1)
            ftp.voidcmd(f"OPTS MODE Z LEVEL {level}")
            stream = zlib.compress(original, level)
            parts = (stream[at:at + step] for at in range(0, len(stream), step))
            reply = ftp.send(f"STOR pub/{size}", parts)
            if not reply.startswith("226"):
                raise Failure(f"{size} bytes: {reply}")
            if server.path(str(size)).read_bytes() != original or ftp.fetch(f"RETR pub/{size}") != original:
                raise Failure(f"{size} bytes came back otherwise")
            for wrong, codes in ((stream[:-1], "426"), (stream + b"x", "451"), (stream[:-1] + bytes([stream[-1] ^ 1]), "451")):
                reply = ftp.send(f"STOR pub/{size}", [wrong])
                if not reply.startswith(codes):
                    raise Failure(f"{size} bytes, broken: {reply}")
            if server.path(str(size)).read_bytes() != original:
                raise Failure(f"{size} bytes: a broken stream changed the file")
        for listing in ("LIST pub", "NLST pub", "MLSD pub"):
            if ftp.fetch(listing).count(b"\r\n") != 5:
                raise Failure(f"{listing} does not hold five files")
        ftp.quit()


def lftp(places):
    """XFR-22: lftp sends and fetches in MODE Z, in clear and under TLS, and lists."""
    client = clients.Lftp(places)
    with servers.wharfd(places) as server:
        folder = fresh(places.work / "lftp-z")
        for mode in ("clear", "explicit", "implicit"):
            for size in (0, 1, 65_537, 20 << 20):
                original = make_file(folder / f"{size}", size, f"lftp-{size}")
                back = folder / "back"
                back.unlink(missing_ok=True)
                settings = ["set ftp:use-mode-z yes", "debug 9"]
                lines = [f"put {original} -o /pub/{mode}-{size}", f"get /pub/{mode}-{size} -o {back}", "cls -l /pub"]
                _, output = run(client.script(server, mode, *settings, *lines), env=client.env(server))
                must_match(original, server.path(f"{mode}-{size}"))
                must_match(original, back)
                if b"MODE Z" not in output or not re.search(rb"200 .*Mode is Z", output):
                    raise Failure(f"lftp did not speak MODE Z:\n{output.decode(errors='replace')}")


def wharf(places):
    """XFR-22: wharf --compress with wharfd, and with ProFTPD's mod_deflate; resumption too."""
    ours = clients.Wharf(places)
    with servers.wharfd(places) as server:
        for mode in ("clear", "explicit", "implicit"):
            _both_ways(places, ours, server, mode, 20 << 20)
    server = servers.proftpd(places)
    if server is None:
        return "without ProFTPD"
    with server:
        modules = places.peers / "root/usr/lib/proftpd"
        if not (modules / "mod_deflate.so").is_file():
            return "without mod_deflate"
        folder = server.root.parent
        text, port = (folder / "explicit.conf").read_text(), free_port()
        text = re.sub(r"^Port .*$", f"Port {port}\nLoadModule mod_deflate.c\nDeflateEngine on\nDeflateLog {folder}/deflate.log",
                      text, flags=re.MULTILINE)
        text = text.replace("explicit.", "deflate.")
        conf = folder / "deflate.conf"
        conf.write_text(text)
        program = places.program("usr/sbin/proftpd")
        child = server.start([program, "--nodaemon", "--config", conf], folder / "deflate.out")
        wait_for_port(port, child, folder / "deflate.out")
        server.ports = {"clear": port, "explicit": port}
        # mod_deflate 0.6 (ProFTPD 1.3.8) does not get along with uploads of a MiB and more, whoever sends them: it stops to read,
        # or says 226 to a file that is another one. lftp and Python's zlib fare the same; wharf finds out by SIZE.
        _both_ways(places, ours, server, "clear", 1 << 16)
    return "with ProFTPD"


def _both_ways(places, ours, server, mode, most):
    folder = fresh(places.work / "wharf-z")
    for size in (0, 1, 65_537, 20 << 20):
        original, back = make_file(folder / f"{size}", size, f"wharf-{size}"), folder / "back"
        back.unlink(missing_ok=True)
        name = f"{mode}-{size}"
        actions = [("put", original), ("get", back)]
        if size > most:
            make_copy(original, server.path(name))
            actions = actions[1:]
        for action, local in actions:
            words = ours.command(server, mode, action, name, local)
            _, output = run([words[0], "--compress", "-v", *words[1:]], env=ours.env(server))
            if b"> MODE Z" not in output:
                raise Failure(f"wharf did not speak MODE Z:\n{output.decode(errors='replace')}")
        must_match(original, server.path(name))
        must_match(original, back)
    # A half that is here already is gone on from.
    shutil.copyfile(original, back)
    with open(back, "r+b") as file:
        file.truncate(size // 2)
    words = ours.command(server, mode, "get-resume", name, back)
    run([words[0], "--compress", *words[1:]], env=ours.env(server))
    must_match(original, back)
