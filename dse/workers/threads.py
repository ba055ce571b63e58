"""Threads of this process: the compiled kernels run without Python's lock, so each thread keeps a core busy."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from heddle.dse.workers.work import BlocksInterruptedError, Found, OnBlock


@dataclass(frozen=True)
class Threads:
    """``count`` threads that share the blocks; their number changes no result."""

    count: int

    def finish_all(self, finish: Callable[[int], Found], blocks: int, on_block: OnBlock) -> list[Found]:
        """Return what ``finish`` gives for each block: see ``heddle.dse.workers.work.Workers``."""
        pool = ThreadPoolExecutor(self.count)
        futures = {pool.submit(finish, block): block for block in range(blocks)}
        try:
            for future in as_completed(futures):
                future.result()
                on_block(futures[future])
        except KeyboardInterrupt:
            pool.shutdown(wait=True, cancel_futures=True)
            raise BlocksInterruptedError(sum(map(_is_done, futures))) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        return [future.result() for future in futures]


def _is_done(future: Future[Found]) -> bool:
    return not future.cancelled() and future.exception() is None
