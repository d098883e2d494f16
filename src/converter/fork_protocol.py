"""What a fork server and its client say to each other.

On the socket `control` the server says READY. Each message that comes brings four
descriptors for one child: what it reads from, what it writes to, the memory in which it is shown
its source, and a socket for its fate. On that one the server sends the child's exit status, as
waitstatus_to_exitcode has it, when it has ended; when its other end is shut down, the server kills
the child. The end of `control` ends everything.
"""

import struct
from typing import Final

READY: Final = b"ready"
EXIT_STATUS: Final = struct.Struct("<i")
DESCRIPTORS: Final = 4
