# SPDX-License-Identifier: Apache-2.0
"""Every page about circles with harmless content, as a node in use would show it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec

from nahmi.core.bank import Bank, Category
from nahmi.partner.circles.members import CircleRole, KeyState, Membership, Sector
from nahmi.partner.circles.rules import Marking, Quorum, Rules
from nahmi.partner.fold.tiers import Tier
from nahmi.partner.gates import Gate
from nahmi.partner.ports.circle import Standing
from nahmi.partner.statements.kinds import Basis, RetractReason
from nahmi.web.views.base import Form, Mistake, Paging, View, WordKey
from nahmi.web.views.circle_members import (
    ApplicantRow,
    CircleInvitations,
    CircleMemberPage,
    CircleMembers,
    InvitationRow,
    KeyRow,
    MemberRow,
)
from nahmi.web.views.circle_signals import (
    AcknowledgedRow,
    CircleAttention,
    CircleLog,
    CircleProof,
    CircleSignal,
    CircleWithdrawals,
    LogRow,
    SaidRow,
    SignalRow,
    WithdrawalRow,
)
from nahmi.web.views.circles import (
    CircleJoined,
    CircleList,
    CirclePage,
    CircleRow,
    FoundCircle,
    JoinCircle,
    KeyShown,
    RefusedRow,
    ShareBank,
    tier_chart,
)
from nahmi.web.views.operations import Confirm, Question
from nahmi.web.words import Language, words_of

NOW = datetime(2026, 11, 20, 9, 5, tzinfo=UTC)
CIRCLE_ID = "9c1f3c5e-6a0b-5d2e-8f47-1b2c3d4e5f60"
NAME = "تحالف الخليج"
KEY = KeyShown(
    hexadecimal="3f9c 0a71 d2e8 45b6 903c 7d1e 5a48 f2b7",
    arabic="١٦٢٨٤ ٠٢٦٧٣ ٥٣٩٩٢ ١٧٨٤٦ ٣٦٩٢٤ ٣٢٠٣٠ ٢٣١١٢ ٦٢١٣٥",
)
DIGEST = "9c22ff5f21f0b81b113e63f7db6da94fedef11b2119b4088b89664fb9a3cb658"
BANK = Bank(bank_id=1, name="HOTLINE_2026", category=Category.TEST, created_at=NOW)
RULES = Rules(
    signal_types=("pdq", "sha256"),
    categories=(Category.CSAM_A1, Category.TEST),
    quorum=Quorum(organisations=3, jurisdictions=2),
    marking=Marking.AMBER_STRICT,
    excluded_sectors=(Sector.GOVERNMENT,),
)
ROWS = tuple(
    CircleRow(
        circle_id=CIRCLE_ID,
        name=[NAME, "Hotlines of the world", "Old circle", "Left circle"][at],
        standing=[Standing.HOME, Standing.FOLLOWING, Standing.STOPPED, Standing.LEFT][at],
        members=12 + at,
        statements=104_220,
        behind=[0, 311, 0, 0][at],
        attention=[3, 0, 0, 0][at],
        error=["", "", "The host did not answer in time.", ""][at],
    )
    for at in range(4)
)
KEYS = (
    KeyRow(kid="3f9c0a71d2e845b6903c7d1e5a48f2b7", shown=KEY, key_state=KeyState.RETIRED),
    KeyRow(kid="4f9c0a71d2e845b6903c7d1e5a48f2b7", shown=KEY, key_state=KeyState.ACTIVE),
)
DISTRUSTED = (
    KeyRow(
        kid="5f9c0a71d2e845b6903c7d1e5a48f2b7",
        shown=KEY,
        key_state=KeyState.DISTRUSTED,
        distrusted_from=88_000,
    ),
)
OWN = MemberRow(
    org="0d9a7c52-1f55-5c1c-9d0e-6e61686d6931",
    name="خط المساعدة",
    sector=Sector.HOTLINE,
    country="AE",
    membership=Membership.ACTIVE,
    roles=(CircleRole.READ, CircleRole.STEWARD),
    keys=KEYS,
    behind=0,
    heard_at=NOW,
    is_own=True,
)
MEMBERS = (
    OWN,
    msgspec.structs.replace(
        OWN, org="1d9a", name="Charity Y", country="GB", behind=19, is_own=False
    ),
    msgspec.structs.replace(
        OWN,
        org="2d9a",
        name="Agency Z",
        country="XI",
        membership=Membership.EXPELLED,
        keys=DISTRUSTED,
        behind=None,
        heard_at=None,
        is_own=False,
    ),
)
INVITATIONS = tuple(
    InvitationRow(
        number=4 - at,
        state=WordKey(["applied", "open", "admitted"][at]),
        note=["دعوة لقاء الربيع", "", "Charity Y"][at],
        roles=(CircleRole.READ,),
        expires_at=NOW + timedelta(days=14),
        applicant=[
            ApplicantRow(name="Hotline X", sector=Sector.HOTLINE, country="AE", key=KEY),
            None,
            ApplicantRow(name="Charity Y", sector=Sector.CHARITY, country="GB", key=KEY),
        ][at],
    )
    for at in range(3)
)
CONTESTED = SignalRow(
    signal_key="5b2f8c9d1e4a7036f8b1c2d3e4f5a697",
    signal_type="pdq",
    begins=DIGEST[:12],
    tier=Tier.CONTESTED,
    category=Category.TEST,
    organisations=2,
    jurisdictions=2,
    held=(),
    is_let_through=False,
    entry_id=4711,
)
HELD = msgspec.structs.replace(
    CONTESTED,
    signal_key="6b2f8c9d1e4a7036f8b1c2d3e4f5a697",
    begins="1c22ff5f21f0",
    tier=Tier.HELD,
    category=None,
    held=(Gate.MUST_NOT_MATCH, Gate.LOW_QUALITY),
    entry_id=None,
)
SAID = (
    SaidRow(
        place=1_402,
        said_at=NOW,
        organisation="خط المساعدة",
        is_own=True,
        category=Category.TEST,
        is_reviewed=True,
    ),
    SaidRow(
        place=1_500,
        said_at=NOW,
        organisation="Agency Z",
        is_own=False,
        category=Category.TEST,
        retracted=RetractReason.COURT,
    ),
    SaidRow(
        place=1_577,
        said_at=NOW,
        organisation="Charity Y",
        is_own=False,
        value=-100,
        basis=Basis.HUMAN_REVIEW,
        reason="صورة معروفة لشاطئ.",
    ),
)
LOG = tuple(
    LogRow(
        place=9 - at,
        kind=WordKey(["opinion", "retract", "assert", "roster"][at]),
        logged_at=NOW,
        organisation=["خط المساعدة", "Charity Y", "", "Agency Z"][at],
        kid="" if at == 2 else "3f9c0a71d2e845b6903c7d1e5a48f2b7",
    )
    for at in range(4)
)


def circle(language: Language, *, is_new: bool = False) -> CirclePage:
    counts = {Tier.ACTIONABLE: 80_114, Tier.REVIEW: 20_006, Tier.CONTESTED: 3, Tier.HELD: 9}
    return CirclePage(
        row=ROWS[2] if is_new else ROWS[0],
        description="" if is_new else "Hotlines of the region, to act together.",
        rules=RULES,
        home="Hotline X",
        home_url="https://nahmi.example",
        home_key=KEY,
        upstream="https://relay.example" if is_new else "",
        heard_at=None if is_new else NOW,
        version=7,
        withdrawn_to=104_223,
        waiting=2,
        refused=()
        if is_new
        else (
            RefusedRow(
                kind=WordKey("assert"),
                said_at=NOW,
                reason="The circle takes no signals of this type.",
            ),
        ),
        tiers=tier_chart({} if is_new else counts, words_of(language)),
        is_member=not is_new,
        own_key=KEY,
        has_evidence=is_new,
    )


def signal(row: SignalRow, **more: bool) -> CircleSignal:
    return CircleSignal(
        circle_id=CIRCLE_ID,
        circle=NAME,
        row=row,
        value=DIGEST,
        against=100,
        until=NOW + timedelta(days=900),
        said=SAID,
        seen=4,
        may_answer=more.get("may_answer", True),
        is_own=more.get("is_own", True),
    )


TYPES = ("md5", "pdq", "sha256")

CIRCLE_PAGES: dict[str, Callable[[Language], View]] = {
    "circles": lambda _: CircleList(rows=ROWS),
    "circle": circle,
    "circle-new": lambda language: circle(language, is_new=True),
    "circle-found": lambda _: FoundCircle(
        form=Form(
            values={"name": "", "marking": "amber+strict", "relay": "yes", "organisations": "٢"},
            chosen={"signal_types": frozenset({"pdq"}), "categories": frozenset({"test"})},
            errors={"name": Mistake.REQUIRED, "country": Mistake.RANGE},
        ),
        signal_types=TYPES,
        categories=tuple(Category),
    ),
    "circle-join": lambda _: JoinCircle(
        form=Form(
            values={"invitation": "nahmi-invitation.eyJjaXJj"},
            errors={"invitation": WordKey("error-invitation_invalid")},
            detail="It was cut off.",
        )
    ),
    "circle-joined": lambda _: CircleJoined(circle_id=CIRCLE_ID, name=NAME, key=KEY),
    "circle-members": lambda _: CircleMembers(
        circle_id=CIRCLE_ID, circle=NAME, rows=MEMBERS, is_steward=True
    ),
    "circle-member": lambda _: CircleMemberPage(
        circle_id=CIRCLE_ID,
        circle=NAME,
        row=MEMBERS[1],
        is_steward=True,
        form=Form(chosen={"roles": frozenset({"read"})}, errors={"from_place": Mistake.REQUIRED}),
    ),
    "circle-invitations": lambda _: CircleInvitations(
        circle_id=CIRCLE_ID,
        circle=NAME,
        rows=INVITATIONS,
        made="nahmi-invitation." + "x" * 300,
        form=Form(values={"days": "14"}, chosen={"roles": frozenset({"read"})}),
    ),
    "circle-attention": lambda _: CircleAttention(
        circle_id=CIRCLE_ID,
        circle=NAME,
        rows=(CONTESTED, HELD),
        paging=Paging(following="6b2f8c9d1e4a7036f8b1c2d3e4f5a697", is_first=False),
    ),
    "circle-signal": lambda _: signal(CONTESTED),
    "circle-withdrawals": lambda _: CircleWithdrawals(
        circle_id=CIRCLE_ID,
        circle=NAME,
        rows=(
            WithdrawalRow(
                place=1_577,
                logged_at=NOW,
                organisation="خط المساعدة",
                why=RetractReason.WITHDRAWN_BY_SUBJECT,
                acknowledged=(AcknowledgedRow(organisation="Charity Y", at=NOW),),
                missing=("Agency Z", "Hotline X"),
            ),
            WithdrawalRow(
                place=900,
                logged_at=NOW,
                organisation="",
                why=None,
                acknowledged=(),
                missing=(),
            ),
        ),
        paging=Paging(following="900"),
    ),
    "circle-log": lambda _: CircleLog(
        circle_id=CIRCLE_ID, circle=NAME, size=104_220, rows=LOG, paging=Paging(following="6")
    ),
    "circle-proof": lambda _: CircleProof(
        circle_id=CIRCLE_ID, circle=NAME, row=LOG[0], size=104_220, log_key=KEY, author_key=KEY
    ),
    "circle-share": lambda _: ShareBank(
        bank=BANK,
        entries=81_200,
        circles=ROWS[:2],
        form=Form(errors={"circle": WordKey("error-statement_refused")}),
    ),
}
"""The pages about circles, by name."""

QUIET_PAGES: dict[str, Callable[[Language], View]] = {
    "circle-confirm": lambda _: Confirm(
        question=Question.CIRCLE_UNDO,
        subject="3f9c 0a71",
        action_path=f"/console/circles/{CIRCLE_ID}/members/1d9a/undo",
        back_path=f"/console/circles/{CIRCLE_ID}/members/1d9a",
        fields={"kid": "3f9c0a71d2e845b6903c7d1e5a48f2b7", "from_place": "88000"},
    ),
    "circle-signal-held": lambda _: signal(HELD, is_own=False),
    "circles-empty": lambda _: CircleList(rows=()),
    "circle-member-gone": lambda _: CircleMemberPage(
        circle_id=CIRCLE_ID, circle=NAME, row=MEMBERS[2], is_steward=False
    ),
    "circle-invitations-empty": lambda _: CircleInvitations(
        circle_id=CIRCLE_ID, circle=NAME, rows=(), form=Form(errors={"days": Mistake.RANGE})
    ),
    "circle-attention-empty": lambda _: CircleAttention(circle_id=CIRCLE_ID, circle=NAME, rows=()),
    "circle-signal-through": lambda _: signal(
        msgspec.structs.replace(HELD, is_let_through=True, held=(), tier=Tier.REVIEW),
        may_answer=False,
    ),
    "circle-withdrawals-empty": lambda _: CircleWithdrawals(
        circle_id=CIRCLE_ID, circle=NAME, rows=()
    ),
    "circle-log-empty": lambda _: CircleLog(circle_id=CIRCLE_ID, circle=NAME, size=0, rows=()),
    "circle-share-fed": lambda _: ShareBank(bank=BANK, entries=3, circles=ROWS, fed_by=NAME),
    "circle-share-none": lambda _: ShareBank(bank=BANK, entries=3, circles=()),
}
"""The same pages where there is little to show; they have no parts that the others lack."""
