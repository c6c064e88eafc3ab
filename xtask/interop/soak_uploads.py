"""10,000 uploads through a network that delays, and uploads that are cut without close_notify."""

import servers
from soaking import figures, soak
from uploads import Uploads, cuts


def step(places, _):
    print(figures(Uploads(places, 2500, 125).run()))
    with servers.wharfd(places, "prefer") as server:
        print(f"{cuts(places, server)} uploads cut: each 426, nothing changed")


soak("uploads", step)
