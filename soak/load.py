# SPDX-License-Identifier: Apache-2.0
"""Callers who know what they must be answered."""

import random
import time
from collections.abc import Callable
from http.client import HTTPException
from threading import Event, Thread
from typing import Final

from nahmi.core.match import Verdict
from nahmi.testing.acknowledged import Acknowledged, Claim, State
from nahmi.testing.media import as_jpeg, scene
from nahmi.testing.node_process import Caller, Reply
from soak.figures import Figures

_PATIENCE_S: Final = 120.0
_LAG_S: Final = 5.0
"""Other processes learn of a change a moment later; not later than this."""
_PAUSE_S: Final = 0.001
_AGAIN_S: Final = 0.05
_MOST_BANKED: Final = 3_000
_MOST_AT_ONCE: Final = 20
_KNOWN_PICTURE: Final = as_jpeg(scene(1))
_UNKNOWN_PICTURE: Final = as_jpeg(scene(2))
_TITLE: Final = b"<title>"


class Shared:
    """What the callers of a soak have in common.

    Args:
        port: Where the node listens.
        key: With which they ask.
        said: What the node acknowledged.
        figures: Where they count.

    Attributes:
        is_over: Nobody asks any more.
        endings: How often a process was ended, or was about to be.
    """

    def __init__(self, port: int, key: str, said: Acknowledged, figures: Figures) -> None:
        self.port = port
        self.key = key
        self.said = said
        self.figures = figures
        self.is_over = Event()
        self.endings = 0


class LoadCaller(Thread):
    """One caller: does this and that until the soak is over.

    Args:
        shared: With all others.
        number: Its own.
    """

    def __init__(self, shared: Shared, number: int) -> None:
        super().__init__(name=f"caller-{number}")
        self._shared = shared
        self._said = shared.said
        self._figures = shared.figures
        self._number = number
        self._asked = 0
        self._random = random.Random(number)  # noqa: S311 - a choice of work
        self._caller = Caller(shared.port, shared.key)
        self._own: list[str] = []
        self._work: list[tuple[Callable[[], None], int]] = [
            (self._match_banked, 40),
            (self._match_unknown, 25),
            (self._match_withdrawn, 10),
            (self._match_many, 5),
            (self._add, 8),
            (self._withdraw, 5),
            (self._restore, 2),
            (self._upload, 2),
            (self._upload_damaged, 4),
            (self._nonsense, 2),
            (self._page, 2),
        ]

    def run(self) -> None:
        """See `Thread`."""
        kinds, weights = zip(*self._work, strict=True)
        while not self._shared.is_over.wait(_PAUSE_S):
            self._random.choices(kinds, weights)[0]()
        self._caller.close()

    # What is asked.

    def _match_banked(self) -> None:
        self._match_one(self._pick(State.IN))

    def _match_withdrawn(self) -> None:
        self._match_one(self._pick(State.OUT))

    def _match_unknown(self) -> None:
        self._match_one(self._said.new_signals(1)[0])

    def _match_one(self, signal: str | None) -> None:
        if signal is None:
            return
        self._asked += 1
        reference = f"caller{self._number}-{self._asked}"
        claim = self._said.claim_on(signal)
        reply = self._ask("match", lambda: self._caller.match("pdq", signal, reference=reference))
        if reply is None or not self._is(reply, 200):
            return
        verdict = reply.json()["verdict"]
        if verdict == Verdict.MATCH:
            self._said.note_match(reference)
        self._check(signal, claim, verdict)

    def _match_many(self) -> None:
        signals = self._said.new_signals(5)
        signals += [one for _ in range(10) if (one := self._pick(State.IN)) is not None]
        claims = [self._said.claim_on(signal) for signal in signals]
        items = [{"signals": [{"type": "pdq", "value": signal}]} for signal in signals]
        body = {"items": items}
        reply = self._ask("batch", lambda: self._caller.ask("POST", "/api/v1/match/batch", body))
        if reply is None or not self._is(reply, 200):
            return
        for signal, claim, answer in zip(signals, claims, reply.json()["answers"], strict=True):
            self._check(signal, claim, answer["verdict"])

    def _upload(self) -> None:
        for picture, verdict in ((_KNOWN_PICTURE, "match"), (_UNKNOWN_PICTURE, "no_match")):
            reply = self._send_file(picture)
            if reply is not None and self._is(reply, 200) and reply.json()["verdict"] != verdict:
                self._figures.note_wrong(f"a picture that is {verdict}: {reply.body!r}")

    def _upload_damaged(self) -> None:
        at = self._random.randrange(len(_KNOWN_PICTURE))
        damaged = bytearray(_KNOWN_PICTURE)
        kind = self._random.randrange(4)
        if kind == 0:
            del damaged[at:]
        elif kind == 1:
            damaged[at : at + 50] = self._random.randbytes(50)
        elif kind == 2:
            damaged[:4] = b"%PDF"
        else:
            damaged = bytearray(self._random.randbytes(200))
        reply = self._send_file(bytes(damaged), "damaged")
        if reply is not None and reply.status not in {200, 415, 422}:
            self._figures.note_wrong(f"a damaged file: {reply.status} {reply.body!r}")

    def _send_file(self, content: bytes, kind: str = "upload") -> Reply | None:
        path = "/api/v1/match/content"
        return self._ask(kind, lambda: self._caller.ask("POST", path, raw=content))

    def _nonsense(self) -> None:
        body = self._random.choice([b"{", b"[]", b'{"signals": []}', b"\xff\xfe", b""])
        reply = self._ask("nonsense", lambda: self._caller.ask("POST", "/api/v1/match", raw=body))
        if reply is not None and reply.status not in {400, 422}:
            self._figures.note_wrong(f"nonsense: {reply.status} {reply.body!r}")

    def _page(self) -> None:
        reply = self._ask("page", lambda: self._caller.ask("GET", "/console/sign-in"))
        if reply is not None and self._is(reply, 200) and _TITLE not in reply.body:
            self._figures.note_wrong(f"a page: {reply.body[:200]!r}")

    # What is changed. Only who added a signal changes it again.

    def _add(self) -> None:
        if len(self._own) > _MOST_BANKED:
            return
        signals = self._said.new_signals(self._random.randint(1, _MOST_AT_ONCE))
        with self._said.changing(signals, State.UNSURE):
            reply = self._ask("add", lambda: self._caller.add(signals), once=True)
        if reply is not None and self._is(reply, 201):
            self._said.note_entries(signals, reply.json()["entry_ids"])
            self._own += signals
            self._said.settle(signals, State.IN)

    def _withdraw(self) -> None:
        self._change("delete", State.IN, State.OUT)

    def _restore(self) -> None:
        self._change("restore", State.OUT, State.IN)

    def _change(self, verb: str, before: State, then: State) -> None:
        sample = self._random.sample(self._own, min(_MOST_AT_ONCE, len(self._own)))
        wanted = self._said.verdict_in(before)
        signals = [one for one in sample if self._said.claim_on(one).verdict is wanted]
        if not signals:
            return
        body = {"entry_ids": [self._said.entry_of(one) for one in signals]}
        path = f"/api/v1/entries/{verb}"
        with self._said.changing(signals, State.UNSURE):
            reply = self._ask(verb, lambda: self._caller.ask("POST", path, body), once=True)
        if reply is not None and self._is(reply, 200):
            self._said.settle(signals, then)
            if reply.json() != {"changed": len(signals)}:
                self._figures.note_lost(f"{verb} of {len(signals)}: {reply.body!r}")

    # How it is asked, and judged.

    def _pick(self, state: State) -> str | None:
        """A signal of a state, whoever banked it."""
        return self._said.pick(state, self._random.random())

    def _ask(self, kind: str, ask: Callable[[], Reply], *, once: bool = False) -> Reply | None:
        """Ask until there is an answer that is no refusal; None when there is none to be had.

        Args:
            kind: For the figures.
            ask: Sends the request.
            once: Do not send it again when it is not known whether it was served.
        """
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            try:
                reply = ask()
            except (OSError, HTTPException):
                self._figures.add("connections that broke")
                if once:
                    return None
            else:
                if reply.status != 503:
                    self._figures.add(f"requests: {kind}")
                    return reply
                self._check_refusal(reply)
            if self._shared.is_over.wait(_AGAIN_S):
                return None
        self._figures.note_wrong(f"{kind}: no answer for {_PATIENCE_S:.0f} s")
        return None

    def _check_refusal(self, reply: Reply) -> None:
        self._figures.add("refusals (503)")
        kind = reply.headers.get("content-type", "")
        if "retry-after" not in reply.headers or "application/problem+json" not in kind:
            self._figures.note_wrong(f"a refusal: {reply.headers} {reply.body!r}")

    def _is(self, reply: Reply, status: int) -> bool:
        if reply.status != status:
            self._figures.note_wrong(f"{reply.status} {reply.body!r}")
        return reply.status == status

    def _check(self, signal: str, claim: Claim, verdict: str) -> None:
        """Judge an answer; one that may be late is asked for again until it must be right."""
        while claim.verdict is not None and verdict != claim.verdict:
            if self._said.claim_on(signal) != claim or self._shared.is_over.is_set():
                return  # it was changed meanwhile
            age_s = time.monotonic() - claim.since
            if age_s > _LAG_S:
                self._figures.note_wrong(
                    f"{signal} must be {claim.verdict} for {age_s:.1f} s, and is {verdict}"
                )
                return
            self._figures.note_lag(age_s)
            reply = self._ask("again", lambda: self._caller.match("pdq", signal))
            if reply is None or not self._is(reply, 200):
                return
            verdict = reply.json()["verdict"]
