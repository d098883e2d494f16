"""What is freed is there for the next pieces, of any thread, as a service wants it."""

import subprocess
import sys

SCRIPT = """
import sys
from concurrent.futures import ThreadPoolExecutor

if sys.argv[1] == "told":
    from chassis.allocator import share_freed_memory
    share_freed_memory()

def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

piece = memoryview(b"x" * (1 << 20))
small = []

def work():
    large = []
    for _ in range(40):
        large.append(bytes(piece))
        small.append(bytes(3000))  # lies between them, and stays

bytes(8 << 20)  # glibc then keeps freed pieces up to this size
before = resident()
threads = [ThreadPoolExecutor(1) for _ in range(4)]
for thread in threads:
    thread.submit(work).result()
print(resident() - before)
"""


def kept_kib(how: str) -> int:
    command = [sys.executable, "-c", SCRIPT, how]
    return int(subprocess.check_output(command, env={"PYTHONPATH": "src"}))


def test_threads_share_what_they_freed() -> None:
    """Four threads that use 40 MiB in turn keep 40 MiB, not four times as much as untold."""
    assert kept_kib("told") < 60_000
    assert kept_kib("untold") > 120_000


REUSE = """
import resource, sys
if sys.argv[1] == "told":
    from chassis.allocator import keep_freed_memory
    keep_freed_memory()

def pages():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

piece = memoryview(b"x" * (4 << 20))
before = pages()
for _ in range(50):
    chunks = [bytes(piece) for _ in range(4)]
    del chunks
print(pages() - before)
"""


def fetched_pages(how: str) -> int:
    command = [sys.executable, "-c", REUSE, how]
    return int(subprocess.check_output(command, env={"PYTHONPATH": "src"}))


def test_freed_pieces_are_used_again() -> None:
    """Of 50 times 16 MiB the system gives the pages about once; untold, nearly each time."""
    assert fetched_pages("told") < 10_000
    assert fetched_pages("untold") > 20_000
