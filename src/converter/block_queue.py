"""The blocks of the sound on their way through the encoders, in their order."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import stack_size
from typing import Final, Self

from converter.block_chain import BlockChain
from converter.held_sound import HeldSound
from converter.lame import Encoding
from converter.sound_block import Block, Encoded

_STACK_BYTES: Final = 1 << 20


class BlockQueue:
    """Has `threads` blocks encoded at once; what comes out is in the order of the blocks.

    Leaving it ends all encoders, also those that are not done.
    """

    def __init__(self, encoding: Encoding, threads: int, held: HeldSound) -> None:
        stack_size(_STACK_BYTES)  # what the threads' stacks may use counts as memory of the process
        self._held = held
        self._pool = ThreadPoolExecutor(threads)
        self._chain = BlockChain(encoding)
        self._blocks: deque[tuple[Block, Future[Encoded]]] = deque()

    def begin(self, block: Block) -> None:
        """Encode a further block while its sound comes."""
        future = self._pool.submit(block.encode)
        future.add_done_callback(lambda _: self._held.note_change())
        self._blocks.append((block, future))

    def done_before(self, current: Block) -> Iterator[list[bytes]]:
        """The frames of blocks that are done; it ends when there is room for more sound.

        `current` is not waited for: it still wants sound. All before it have theirs, and so the
        oldest of them comes to its end and makes room, however much is held.
        """
        while self._blocks[0][0] is not current:
            self._held.wait_until(self._is_oldest_done)
            if not self._is_oldest_done():
                return
            yield self._join_oldest()
        self._chain.meet(current)

    def rest(self) -> Iterator[list[bytes]]:
        """The frames of all other blocks, none of which wants sound any more."""
        while self._blocks:
            yield self._join_oldest()

    def _is_oldest_done(self) -> bool:
        block, future = self._blocks[0]
        self._chain.meet(block)
        return future.done()

    def _join_oldest(self) -> list[bytes]:
        block, future = self._blocks[0]
        encoded = future.result()
        self._blocks.popleft()
        return self._chain.join(block, encoded)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        with self._pool:
            self._chain.close()
            for block, _ in self._blocks:
                block.end(last=False)
            for _, future in self._blocks:
                if not future.cancel() and not future.exception():
                    future.result().run.close()
