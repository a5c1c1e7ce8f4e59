"""Run as a script: the app as a visitor meets it who has no network, and what its server tries to reach.

`python tests/offline.py` starts the server with an ear on every name it looks up and every address it
connects to, asks for each page over a websocket, and prints "listening" and then whatever went wrong.
"""

import asyncio
import fcntl
import os
import socket
import struct
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.visitor import Visitor, served  # noqa: E402 - found only on the path set above

# Python runs this first in every process that has the folder on its path.
EAR = """
import os, sys
def hear(event, arguments):
    if event == "socket.connect":
        told = str(arguments[1])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        told = str(arguments[0])
    else:
        return
    with open(os.environ["HEARD"], "a", encoding="utf-8") as log:
        log.write(event + " " + told + chr(10))
sys.addaudithook(hear)
with open(os.environ["HEARD"], "a", encoding="utf-8") as log:
    log.write("listening" + chr(10))
"""
OWN = ("listening", "localhost", "127.0.0.1", "::1", "None", "/")  # "/": a socket of the machine itself


def loopback_up():
    """Switch the loopback interface on; in a namespace of its own it starts switched off."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh", b"lo", 0x1 | 0x40)  # IFF_UP, IFF_RUNNING
        try:
            fcntl.ioctl(any_socket, 0x8914, request)  # SIOCSIFFLAGS
        except OSError:
            pass  # not ours to switch, so it is on already


async def visit(port):
    """Ask for every page, the main one first, as Streamlit wants it; returns the ones that failed."""
    failed, seen = [], set()
    main = ROOT / "pages" / "gradient_flow.py"
    for path in [main, *sorted({*main.parent.glob("*.py")} - {main})]:
        visitor = await Visitor.opened(port)
        _, received, wrong = await visitor.ask("" if path == main else path.stem)
        if wrong or received < 5_000 or visitor.page in seen:
            failed.append(f"{path.stem} did not come: {received} bytes")
        seen.add(visitor.page)
        await visitor.connection.close()
    return failed


def main():
    """Print the pages that failed and the strangers that were called."""
    loopback_up()
    with tempfile.TemporaryDirectory() as folder:
        heard = Path(folder, "heard")
        heard.touch()
        Path(folder, "sitecustomize.py").write_text(EAR, encoding="utf-8")
        os.environ["HEARD"] = str(heard)
        with served(path=folder) as (port, _):
            failed = asyncio.run(visit(port))
        calls = heard.read_text(encoding="utf-8").splitlines()
    strangers = [call for call in calls if not any(own in call for own in OWN)]
    sys.stdout.write("\n".join(["listening" if "listening" in calls else "deaf", *failed, *strangers]))


if __name__ == "__main__":
    main()
