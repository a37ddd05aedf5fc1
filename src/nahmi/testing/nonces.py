# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S101 - assert is how a test kit speaks
"""The contract of stores for the nonces of signed requests, as a test class to subclass."""

from abc import abstractmethod
from concurrent.futures import ThreadPoolExecutor

from nahmi.partner.requests.nonces import NonceStore

_WORKERS = 8


class NonceStoreContract:
    """What every such store must do; subclass it and say how to make an empty one."""

    @abstractmethod
    def new_store(self) -> NonceStore:
        """An empty store, safe between threads."""

    def test_a_nonce_is_used_once(self) -> None:
        """Also when the second try names another end."""
        store = self.new_store()
        assert store.use("a", "n", until_s=100)
        assert not store.use("a", "n", until_s=100)
        assert not store.use("a", "n", until_s=500)
        assert store.use("a", "m", until_s=100)

    def test_keys_do_not_meet(self) -> None:
        """Nobody can use up the nonce of another."""
        store = self.new_store()
        assert store.use("a", "n", until_s=100)
        assert store.use("b", "n", until_s=100)
        assert store.use("an", "", until_s=100)

    def test_what_is_over_is_forgotten(self) -> None:
        """And nothing before."""
        store = self.new_store()
        assert store.use("a", "n", until_s=100)
        assert store.use("a", "m", until_s=101)
        assert store.forget(now_s=99) == 0
        assert store.forget(now_s=100) == 1
        assert store.use("a", "n", until_s=200)
        assert not store.use("a", "m", until_s=200)

    def test_of_many_at_once_one_is_first(self) -> None:
        """Whoever sends one request many times has it served once."""
        store = self.new_store()
        with ThreadPoolExecutor(_WORKERS) as workers:
            firsts = list(workers.map(lambda _: store.use("a", "n", until_s=1), range(_WORKERS)))
        assert sum(firsts) == 1
