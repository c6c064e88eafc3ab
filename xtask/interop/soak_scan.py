"""What sslscan says of wharfd, explicit and implicit, as it stands in docs/tls-scan.md."""

import scan
import servers
from harness import Failure
from soaking import soak


def step(places, _):
    if not scan.available():
        raise Failure("sslscan is not installed: cargo xtask interop --install")
    with servers.wharfd(places) as server:
        for mode in ("explicit", "implicit"):
            print(f"## {mode}\n\n```text\n{scan.scan(server, mode, places.work / 'report.xml').strip()}\n```\n")


soak("scan", step)
