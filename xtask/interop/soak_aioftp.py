"""200 files up, listed and down by aioftp on each session, under each policy."""

import aioftp_cases
from harness import Failure
from soaking import soak


def step(places, outcomes):
    if not aioftp_cases.python(places).is_file():
        raise Failure("aioftp is not installed: cargo xtask interop --install")
    for data_session in ("require", "prefer"):
        aioftp_cases.run_all(places, outcomes, data_session, 200)


soak("aioftp", step)
