# SPDX-License-Identifier: Apache-2.0
"""The nonces of signed requests in memory: for a node of one process that forgets when it ends."""

from threading import Lock


class MemoryNonceStore:
    """`NonceStore` in memory."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, str], int] = {}
        self._lock = Lock()

    def use(self, kid: str, nonce: str, *, until_s: int) -> bool:
        """See `NonceStore.use`."""
        with self._lock:
            is_first = (kid, nonce) not in self._used
            self._used.setdefault((kid, nonce), until_s)
            return is_first

    def forget(self, *, now_s: int) -> int:
        """See `NonceStore.forget`."""
        with self._lock:
            old = [name for name, until_s in self._used.items() if until_s <= now_s]
            for name in old:
                del self._used[name]
            return len(old)
