"""MODE Z: ten bombs of 10 MiB that hold 10 GiB stop at 100 MiB, and lftp, ProFTPD and Python's zlib agree on files."""

import deflate
from soaking import figures, soak


def step(places, outcomes):
    outcomes.run("bombs", lambda: print(figures(deflate.bombs(places, 10 << 30, 100 << 20, 10))))
    outcomes.run("python", lambda: deflate.python(places))
    outcomes.run("lftp", lambda: deflate.lftp(places))
    outcomes.run("wharf", lambda: print(deflate.wharf(places)))


soak("deflate", step)
