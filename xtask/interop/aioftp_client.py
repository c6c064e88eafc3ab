"""Transfers by aioftp, which shakes hands on a data connection before it sends the command.

usage: aioftp_client.py explicit|implicit 1.2|1.3 reuse|plain PORT CA FOLDER COUNT

`reuse` is aioftp as it comes: it offers the control connection's session. `plain` offers none. Uploads COUNT files of
many sizes to FOLDER, lists them, fetches them and compares. User and password stand in INTEROP_USER and
INTEROP_PASSWORD. Prints one JSON object. Runs under the Python that has aioftp."""

import asyncio
import json
import os
import ssl
import sys

import aioftp

from harness import content, varied_size

HOST = "127.0.0.1"


class Plain(aioftp.Client):
    """A client that never resumes."""

    data_context = None

    async def _open_connection(self, host, port):
        return await asyncio.open_connection(host, port, ssl=self.data_context)


async def transfers(client, folder, count, seen):
    """Everything that one session does."""
    files = {f"file-{number}": content(f"{folder}/{number}", varied_size(f"aioftp/{number}", 1, 1 << 20))
             for number in range(count)}
    await client.change_directory(folder)
    for name, data in files.items():
        async with client.upload_stream(name) as stream:
            await stream.write(data)
        seen["done"] += 1
        listed = {path.name: info for path, info in await client.list()}
        if int(listed[name]["size"]) != len(data):
            raise AssertionError(f"{name} is listed with {listed[name]} instead of {len(data)} bytes")
        seen["done"] += 1
        async with client.download_stream(name) as stream:
            back = await stream.read()
        if back != data:
            raise AssertionError(f"{name} came back different")
        seen["done"] += 1


async def main():
    mode, tls, kind, port, ca, folder, count = sys.argv[1:]
    context = ssl.create_default_context(cafile=ca)
    version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[tls]
    context.minimum_version = context.maximum_version = version
    client = (Plain if kind == "plain" else aioftp.Client)(ssl=context if mode == "implicit" else None, socket_timeout=30)
    client.data_context = context
    seen = {"done": 0, "refused": None}
    if kind == "plain":
        # The control connection of explicit TLS begins in clear.
        client.data_context = context if mode == "implicit" else None
    await client.connect(HOST, int(port))
    if mode == "explicit":
        await client.upgrade_to_tls(context)
    client.data_context = context
    await client.login(os.environ["INTEROP_USER"], os.environ["INTEROP_PASSWORD"])
    if mode == "implicit":
        await client.command("PBSZ 0", "200")
        await client.command("PROT P", "200")
    try:
        await transfers(client, folder, int(count), seen)
    except aioftp.StatusCodeError as problem:
        seen["refused"] = f"{problem.received_codes[0]} {' '.join(problem.info)}"
    except OSError as problem:
        seen["refused"] = f"{type(problem).__name__}: {problem}"
    else:
        await client.quit()
    print(json.dumps(seen))


asyncio.run(main())
