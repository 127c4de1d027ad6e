"""Work beside the reading of a file, in the order in which it was asked for."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class SideThread:
    """Makes calls one after another in a thread of its own.

    Who asks waits where more than ``behind`` are open, so that what they hold is bounded.
    """

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self._open: deque[Future[object]] = deque()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="landing-side")

    def do(self, call: Callable[[], object]) -> None:
        """Raises what an earlier call raised."""
        self._open.append(self._pool.submit(call))
        while len(self._open) > self._behind:
            self._open.popleft().result()

    def finish(self) -> None:
        """Wait for all; raises what one of them raised."""
        try:
            while self._open:
                self._open.popleft().result()
        finally:
            self.stop()

    def stop(self) -> None:
        """Wait for the call that is made; others that are open are not made any more."""
        self._pool.shutdown(cancel_futures=True)
