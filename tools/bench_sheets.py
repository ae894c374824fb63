"""How faithful the sandbox's Sheets API is: replays recorded Google traffic against it.

    python tools/bench_sheets.py [--examples 10]

Starts the API on a free port and runs the replay checker of `../shared/bench/sheets` on it, printing the
checker's score line. Exits 0 if everything passed, 1 if not, 2 if the bench is not there.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import uvicorn

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT.parent / "shared" / "bench" / "sheets"
sys.path.insert(0, str(ROOT))


def serve() -> tuple[uvicorn.Server, str]:
    """Start the sandbox's API on a free port; its root URL."""
    from pipeline.sandbox.sheets_api import create_sheets_app
    from pipeline.sandbox.store import Store

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_sheets_app(Store()), log_level="warning", http="h11"))
    threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    return server, f"http://127.0.0.1:{listener.getsockname()[1]}"


def main() -> int:
    """Run the checker and print its score."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--examples", type=int, default=5, help="failures to show")
    parser.add_argument("--only", default="", help="regular expression: only recordings of such a name")
    options = parser.parse_args()
    checker = BENCH / "replay_cassettes.py"
    if not checker.exists():
        print(f"Nothing was measured: the recordings of Google's traffic are missing ({BENCH}).")
        return 2
    server, url = serve()
    started = time.monotonic()
    command = [sys.executable, str(checker), "--base-url", url, "--cassettes", str(BENCH / "cassettes")]
    command += ["--within", str(BENCH / "kinds.txt"), "--examples", str(options.examples), "--only", options.only]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    server.should_exit = True
    lines = (result.stdout + result.stderr).strip().splitlines()
    first = next((i for i, line in enumerate(lines) if line.startswith("FAIL")), len(lines) - 1)
    print("\n".join(lines[first:]))
    print(f"in {time.monotonic() - started:.1f} s")
    return result.returncode


if __name__ == "__main__":
    sys.exit(main())
