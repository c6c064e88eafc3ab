"""A TCP proxy on another loopback address that delays and cuts up what it carries, for all clients alike.

It listens on the ports that it is told, each on its own address, and forwards to the same port of 127.0.0.1. The end of
a stream is passed on as that, a reset as a reset behind everything that came before it, as in a network."""

import asyncio
import random
import socket
import struct
import threading

ADDRESS = "127.0.0.7"
# A piece is at most so many bytes, and one in `CALM` is sent at once.
LARGEST, CALM = 65_536, 3
PAUSE = 0.003


def port_range(count):
    """The first of `count` ports below the system's own that are free on both addresses."""
    for first in random.sample(range(12_000, 32_000 - count), 200):
        held = []
        try:
            for port in range(first, first + count):
                for address in ("127.0.0.1", ADDRESS):
                    probe = socket.socket()
                    held.append(probe)
                    probe.bind((address, port))
            return first
        except OSError:
            continue
        finally:
            for probe in held:
                probe.close()
    raise OSError("no free range of ports")


class Proxy:
    """Runs in a thread of its own between `start` and `stop`."""

    def __init__(self, ports, seed=1):
        self.ports, self.choice = ports, random.Random(seed)
        self.connections = self.resets = self.pieces = self.bytes = 0
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        self.listeners = asyncio.run_coroutine_threadsafe(self._listen(), self.loop).result()
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._end(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    async def _listen(self):
        listeners = []
        for port in self.ports:
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((ADDRESS, port))
            listener.listen(128)
            listener.setblocking(False)
            listeners.append(self.loop.create_task(self._accept(listener, port)))
        return listeners

    async def _end(self):
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, listener, port):
        carried = set()
        with listener:
            while True:
                client, _ = await self.loop.sock_accept(listener)
                self.connections += 1
                task = self.loop.create_task(self._carry(client, port))
                carried.add(task)
                task.add_done_callback(carried.discard)

    async def _carry(self, client, port):
        server = socket.socket()
        for end in (client, server):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await self.loop.sock_connect(server, ("127.0.0.1", port))
        except OSError:
            _reset(client, server)
            return
        ways = {self.loop.create_task(self._one_way(client, server)), self.loop.create_task(self._one_way(server, client))}
        done, left = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        if "source reset" in {way.result() for way in done}:
            # All that came before it was handed on; nothing can come back any more.
            for way in left:
                way.cancel()
            await asyncio.gather(*left, return_exceptions=True)
        else:
            # After a reset while sending, what that end had sent before still counts.
            done |= (await asyncio.wait(left))[0] if left else set()
        if {way.result() for way in done} == {"end"}:
            client.close()
            server.close()
        else:
            self.resets += 1
            _reset(client, server)

    async def _one_way(self, source, target):
        """Carries until the source ends; says how it ended."""
        while True:
            try:
                piece = await self.loop.sock_recv(source, self.choice.randint(1, LARGEST))
            except OSError:
                return "source reset"
            if self.choice.randrange(CALM):
                await asyncio.sleep(self.choice.random() * PAUSE)
            try:
                if not piece:
                    target.shutdown(socket.SHUT_WR)
                    return "end"
                self.pieces += 1
                self.bytes += len(piece)
                await self.loop.sock_sendall(target, piece)
            except OSError:
                return "target reset"


def _reset(*ends):
    """Closes with RST."""
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.close()
