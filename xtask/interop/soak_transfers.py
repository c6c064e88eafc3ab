"""10,000 small uploads by wharf to wharfd under TLS: all arrive, and the server ends no larger than it was."""

import time

import clients
import servers
from cases import same_trees
from harness import Failure, fresh, run
from soaking import descriptors, resident, soak

FILES_A_ROUND, ROUNDS = 1000, 10
# What the server may grow by between the end of the first round and the end of the last.
GROWTH = 32 << 20


def step(places, _):
    wharf = clients.Wharf(places)
    source = fresh(places.work / "source")
    for number in range(FILES_A_ROUND):
        (source / f"{number:05}").write_bytes(f"{number}\n".encode() * (number % 50))
    begun = time.monotonic()
    with servers.wharfd(places, "require") as server:
        process = server.children[0].pid
        first = None
        for number in range(ROUNDS):
            words = [places.wharf, *wharf.options("explicit"), "put", "-r", source]
            run([*words, wharf.url(server, "explicit", f"round-{number}")], 600, wharf.env(server))
            same_trees(source, server.path(f"round-{number}"))
            now = resident(process), descriptors(process)
            first = first or now
            print(f"round {number + 1}: {now[0] >> 20} MiB resident, {now[1]} open files", flush=True)
        if now[0] > first[0] + GROWTH:
            raise Failure(f"the server grew from {first[0]} to {now[0]} bytes")
        if now[1] > first[1] + 4:
            raise Failure(f"the server held {first[1]} open files and now holds {now[1]}")
    print(f"{FILES_A_ROUND * ROUNDS} uploads in {time.monotonic() - begun:.0f} s")


soak("transfers", step)
