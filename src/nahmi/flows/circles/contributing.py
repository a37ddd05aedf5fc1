# SPDX-License-Identifier: Apache-2.0
"""Members' own systems hand in STIX objects, and our organisation says in the circle what they say.

An object that asserts a signal becomes an assertion, one that is revoked takes it back, an opinion
an opinion, a sighting a sighting. Asserting the same again changes nothing. What became of each
object is told: taken, refused and why, or on its way to the circle's home on another node.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, Protocol

import msgspec

from nahmi.access.identity import Principal
from nahmi.access.roles import Permission
from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.errors import AccessError, ErrorCode, InputError, NahmiError, PartnerError
from nahmi.partner.circles.members import CircleRole
from nahmi.partner.circles.rules import Marking
from nahmi.partner.naming import assertion_id, opinion_id, short_of, sighting_id
from nahmi.partner.ports.circle import Circle, Standing
from nahmi.partner.statements.kinds import RetractReason, ReviewMethod
from nahmi.partner.stix.moments import moment_of
from nahmi.partner.stix.reading import Judgement, Reported, Seen, read_object
from nahmi.partner.stix.versions import INDICATOR
from nahmi.partner.stix.writing import uuid_text
from nahmi.partner.taxii.ports import ViewStore
from nahmi.partner.taxii.statuses import Detail, State
from nahmi.partner.upstream import Taken
from nahmi.partner.voice import AssertionDraft
from nahmi.protect.signals.registry import signal_types

_STRICTNESS: Final = list(Marking)
_UUID_BYTES: Final = 16
_BETWEEN_STATEMENTS: Final = "The circle's home has not taken it so far."


class Said(Protocol):
    """What came of what was said; see `nahmi.flows.circles.speaking.Spoken`."""

    @property
    def said(self) -> int:
        """How many statements were made."""
        ...

    @property
    def answers(self) -> Sequence[Taken]:
        """What the home answered to each; none where the home is another node."""
        ...


class Speaker(Protocol):
    """Says what a member has to say; see `nahmi.flows.circles.speaking.Speaking`."""

    def share(self, principal: Principal, circle_id: str, drafts: Sequence[AssertionDraft]) -> Said:
        """See `Speaking.share`."""
        ...

    def retract(
        self,
        principal: Principal,
        circle_id: str,
        signals: Sequence[Signal],
        reason: RetractReason,
    ) -> Said:
        """See `Speaking.retract`."""
        ...

    def opine(
        self,
        principal: Principal,
        circle_id: str,
        assertions: Sequence[str],
        value: int,
        *,
        reason: str = "",
    ) -> Said:
        """See `Speaking.opine`."""
        ...

    def report_sightings(
        self, principal: Principal, circle_id: str, counts: Mapping[str, int], day: str
    ) -> Said:
        """See `Speaking.report_sightings`."""
        ...


class _Handed(msgspec.Struct, frozen=True, kw_only=True):
    """An object that was understood.

    Attributes:
        place: Which of those that were handed in.
        says: What it says.
        signals: Its signals in canonical form.
    """

    place: int
    says: Reported | Judgement | Seen
    signals: tuple[Signal, ...] = ()

    @property
    def is_assertion(self) -> bool:
        """Whether it asserts something; runs of these are said together."""
        return isinstance(self.says, Reported) and not self.says.is_revoked


class Contributing:
    """Says what objects say.

    Args:
        speaker: Says it.
        views: Knows which object is which assertion.
    """

    def __init__(self, *, speaker: Speaker, views: ViewStore) -> None:
        self._speaker = speaker
        self._views = views

    def contribute(
        self,
        principal: Principal,
        circle: Circle,
        category: Category | None,
        objects: Sequence[object],
    ) -> list[Detail]:
        """Say what objects say.

        Args:
            principal: Who hands them in.
            circle: Where.
            category: Of what does not name its own; None where each must.
            objects: As JSON has them.

        Returns:
            What became of each.
        """
        details: dict[int, Detail] = {}
        handed: list[_Handed] = []
        for place, one in enumerate(objects):
            try:
                handed.append(self._understood(circle, category, place, one))
            except NahmiError as error:
                details[place] = _detail(one, State.REFUSED, error.diagnostics())
        for is_assertion, run in groupby(handed, key=lambda one: one.is_assertion):
            some = list(run)
            if is_assertion:
                drafts = {one.place: _drafts(one, category) for one in some}
                found = self._share(principal, circle, drafts, objects)
            else:
                found = {one.place: self._say(principal, circle, one, objects) for one in some}
            details |= found
        return [details[place] for place in range(len(objects))]

    def take_back(self, principal: Principal, circle: Circle, object_id: str) -> None:
        """Take back what our organisation asserts.

        Args:
            principal: Who wants it.
            circle: Where.
            object_id: The indicator's id.

        Raises:
            PartnerError: STATEMENT_REFUSED: it is no assertion of ours, or the circle refuses.
        """
        signals = self._own_signals(circle, object_id)
        spoken = self._speaker.retract(principal, circle.circle_id, signals, RetractReason.ERROR)
        for answer in spoken.answers:
            if answer.seq is None:
                raise PartnerError(ErrorCode.STATEMENT_REFUSED, answer.detail)

    def _understood(
        self, circle: Circle, category: Category | None, place: int, one: object
    ) -> _Handed:
        says = read_object(one)
        if not isinstance(says, Reported | Judgement | Seen):
            raise _unusable("Circles take indicators, files, addresses, opinions and sightings.")
        if not isinstance(says, Reported):
            return _Handed(place=place, says=says)
        marking = circle.roster.roster.rules.marking
        if _is_stricter(says.marking, marking):
            raise _unusable(f"Its marking is stricter than the circle's, which is TLP:{marking}.")
        if not says.is_revoked and (says.category or category) is None:
            raise _unusable("It names no harm_class; name one, or use a category's collection.")
        signals = tuple(_canonical(signal) for signal in says.signals)
        if says.is_revoked and not signals:
            signals = self._own_signals(circle, says.object_id)
        return _Handed(place=place, says=says, signals=signals)

    def _share(
        self,
        principal: Principal,
        circle: Circle,
        drafts: Mapping[int, Sequence[AssertionDraft]],
        objects: Sequence[object],
    ) -> dict[int, Detail]:
        """Assert what several objects assert.

        Where some of it is refused, each half is said again by itself, until it is known of which
        objects that was: what was taken is the same as before then, and makes no statement.
        """
        flat = [draft for some in drafts.values() for draft in some]
        try:
            spoken = self._speaker.share(principal, circle.circle_id, flat)
        except NahmiError as error:
            return {
                place: _detail(objects[place], State.REFUSED, error.diagnostics())
                for place in drafts
            }
        if not circle.is_home and spoken.said:
            return {
                place: _waiting(objects[place], [_name(circle, one.signal) for one in some])
                for place, some in drafts.items()
            }
        refused = next((answer for answer in spoken.answers if answer.seq is None), None)
        if refused is None:
            return {place: _detail(objects[place], State.TAKEN) for place in drafts}
        places = list(drafts)
        if len(places) == 1:
            return {places[0]: _detail(objects[places[0]], State.REFUSED, refused.detail)}
        middle = len(places) // 2
        found: dict[int, Detail] = {}
        for half in (places[:middle], places[middle:]):
            some = {place: drafts[place] for place in half}
            found |= self._share(principal, circle, some, objects)
        return found

    def _say(
        self, principal: Principal, circle: Circle, one: _Handed, objects: Sequence[object]
    ) -> Detail:
        """Say what one object says that asserts nothing."""
        speaker, circle_id, says = self._speaker, circle.circle_id, one.says
        names: list[str]

        def say() -> Said:
            match says:
                case Judgement():
                    _need_voice(principal)
                    about = [self._assertion(circle, ref) for ref in says.about]
                    names.extend(opinion_id(circle_id, circle.own_org, name) for name in about)
                    return speaker.opine(
                        principal, circle_id, about, says.value, reason=says.reason
                    )
                case Seen():
                    name = self._assertion(circle, says.about)
                    names.append(sighting_id(circle_id, circle.own_org, name, says.day))
                    return speaker.report_sightings(
                        principal, circle_id, {name: says.count}, says.day
                    )
                case Reported():
                    names.extend(_name(circle, signal) for signal in one.signals)
                    return speaker.retract(principal, circle_id, one.signals, RetractReason.ERROR)

        names = []
        return self._told(circle, objects[one.place], names, say)

    def _told(
        self, circle: Circle, one: object, names: Sequence[str], say: Callable[[], Said]
    ) -> Detail:
        try:
            spoken = say()
        except NahmiError as error:
            return _detail(one, State.REFUSED, error.diagnostics())
        if not circle.is_home and spoken.said:
            return _waiting(one, names)
        refused = next((answer for answer in spoken.answers if answer.seq is None), None)
        if refused is not None:
            return _detail(one, State.REFUSED, refused.detail)
        return _detail(one, State.TAKEN)

    def _assertion(self, circle: Circle, object_id: str) -> str:
        """The id of the assertion that an indicator is.

        Raises:
            InputError: INPUT_INVALID: it is no id of an indicator.
        """
        name = _indicator(object_id)
        if len(name) != _UUID_BYTES:
            raise _unusable("It is about something that is no indicator of this circle.")
        return uuid_text(self._views.about(circle.number, name) or name)

    def _own_signals(self, circle: Circle, object_id: str) -> tuple[Signal, ...]:
        """The signal of an indicator that our organisation asserts.

        Raises:
            PartnerError: STATEMENT_REFUSED: it does not.
        """
        name = _indicator(object_id)
        about = self._views.about(circle.number, name) or name
        found = self._views.signal(circle.number, about)
        if found is None or found[0] != circle.own_org:
            raise PartnerError(
                ErrorCode.STATEMENT_REFUSED, "Your organisation does not assert this."
            )
        return (found[1],)


def _need_voice(principal: Principal) -> None:
    if not principal.may(Permission.PARTNER_OPINION_WRITE):
        raise AccessError(
            ErrorCode.PERMISSION_DENIED,
            f"This needs the permission {Permission.PARTNER_OPINION_WRITE}.",
        )


def may_contribute(circle: Circle) -> bool:
    """Whether our organisation may say something in a circle now."""
    roster = circle.roster.roster
    member = roster.member(circle.own_org)
    is_open = circle.standing in {Standing.HOME, Standing.FOLLOWING}
    return (
        is_open
        and member is not None
        and member.may(CircleRole.CONTRIBUTE)
        and member.sector not in roster.rules.excluded_sectors
    )


def _canonical(signal: Signal) -> Signal:
    """A signal in canonical form.

    Raises:
        InputError: SIGNAL_INVALID or SIGNAL_TYPE_UNKNOWN.
    """
    kind = signal_types().get(signal.signal_type)
    return Signal(signal.signal_type, kind.validate(signal.value))


def _is_stricter(one: Marking | None, than: Marking) -> bool:
    return one is not None and _STRICTNESS.index(one) > _STRICTNESS.index(than)


def _drafts(one: _Handed, category: Category | None) -> list[AssertionDraft]:
    says = one.says
    wanted = says.category if isinstance(says, Reported) and says.category else category
    if not isinstance(says, Reported) or wanted is None:
        return []
    return [
        AssertionDraft(
            signal=signal,
            category=wanted,
            review=says.review or ReviewMethod.NONE,
            reviewers=says.reviewers,
            quality=says.quality,
            expires_at=None if says.until_us is None else moment_of(says.until_us),
        )
        for signal in one.signals
    ]


def _name(circle: Circle, signal: Signal) -> str:
    return assertion_id(circle.circle_id, circle.own_org, signal)


def _indicator(object_id: str) -> bytes:
    kind, _, name = object_id.partition("--")
    try:
        return short_of(name) if kind == INDICATOR else b""
    except ValueError:
        return b""


def _waiting(one: object, names: Iterable[str]) -> Detail:
    about = tuple(short_of(name).hex() for name in names)
    return _detail(one, State.WAITING, _BETWEEN_STATEMENTS, about)


def _detail(one: object, state: State, message: str = "", about: tuple[str, ...] = ()) -> Detail:
    stix: Mapping[str, Any] = one if isinstance(one, dict) else {}
    return Detail(
        object_id=_word(stix, ["id"]),
        version=_word(stix, ["modified", "created"]),
        state=state,
        message=message,
        about=about,
    )


def _word(stix: Mapping[str, Any], names: Sequence[str]) -> str:
    texts: Iterator[object] = (stix.get(name) for name in names)
    return next((text for text in texts if isinstance(text, str) and text), "")


def _unusable(why: str) -> InputError:
    return InputError(ErrorCode.INPUT_INVALID, why)
