"""What is freed goes back to the system, or stays for the next pieces, as a service wants it."""

import subprocess
import sys

SCRIPT = """
import sys
if sys.argv[1] == "told":
    from chassis.allocator import give_back_freed_memory
    give_back_freed_memory()

def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

bytes(8 << 20)  # glibc then keeps freed pieces up to this size
piece = memoryview(b"x" * (1 << 20))
large, small = [], []
before = resident()
for _ in range(100):
    large.append(bytes(piece))
    small.append(bytes(3000))  # lies between them, and stays
large.clear()
print(resident() - before)
"""


def kept_kib(how: str) -> int:
    command = [sys.executable, "-c", SCRIPT, how]
    return int(subprocess.check_output(command, env={"PYTHONPATH": "src"}))


def test_large_pieces_go_back_although_small_ones_lie_between() -> None:
    """Of 100 MiB that were used and freed hardly anything is left; untold, nearly all of it is."""
    assert kept_kib("told") < 10_000
    assert kept_kib("untold") > 50_000


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
