# SPDX-License-Identifier: Apache-2.0
"""Every page of the console with harmless content, as a node in use would show it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import msgspec
from samples_circles import CIRCLE_ID, CIRCLE_PAGES

from nahmi.access.audit import AuditEvent, chain
from nahmi.access.identity import ApiKey, Member, Person
from nahmi.access.roles import Permission, Role
from nahmi.core.bank import Action, Bank, Category, CropPolicy, Entry, EntryDraft
from nahmi.core.match import Verdict
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode
from nahmi.web.chrome import Chrome, Notice, Reader, Tone
from nahmi.web.notices import NoticeKey
from nahmi.web.qr import qr_code
from nahmi.web.views.access import (
    Account,
    AuditLog,
    ChainResult,
    KeyForm,
    KeyList,
    KeyMade,
    KeyRotation,
    KeyRow,
    LinkMade,
    MemberList,
    MemberRow,
    PersonForm,
    PersonList,
    PersonRow,
    SessionRow,
)
from nahmi.web.views.banks import (
    AddSignal,
    AddUpload,
    BankForm,
    BankList,
    BankPage,
    BankRow,
    CircleLink,
    EntryFilter,
    EntryPage,
    EntryRow,
    ExportEntries,
    ImportEntries,
)
from nahmi.web.views.base import Form, Mistake, Paging, View, WordKey
from nahmi.web.views.dashboard import (
    BankShare,
    Dashboard,
    Health,
    matches_chart,
    queries_chart,
)
from nahmi.web.views.exchanges import (
    ExchangeList,
    ExchangePage,
    ExchangeRow,
    RefusedOpinion,
)
from nahmi.web.views.matches import (
    HitRow,
    MatchFilter,
    MatchLog,
    MatchPage,
    MatchRow,
    TryFile,
    TryResult,
)
from nahmi.web.views.operations import (
    Confirm,
    DeadLetter,
    DeadLetters,
    JobList,
    JobPage,
    JobRow,
    Problem,
    Question,
    RuleRow,
    SettingRow,
    Settings,
    Tried,
    WebhookForm,
    WebhookList,
    WebhookPage,
    WebhookRow,
)
from nahmi.web.views.sign_in import (
    LoginLink,
    RecoveryCodes,
    SecondFactor,
    SetPassword,
    SignIn,
    TotpEnrolment,
)
from nahmi.web.words import Language, words_of
from nahmi.web.writing import Writing

NOW = datetime(2026, 11, 20, 9, 5, tzinfo=UTC)
MIB = 2**20
DIGEST = "9c22ff5f21f0b81b113e63f7db6da94fedef11b2119b4088b89664fb9a3cb658"

BANK = Bank(
    bank_id=1,
    name="HOTLINE_2026",
    category=Category.TEST,
    actions=(Action.REVIEW, Action.HOLD),
    crops=CropPolicy.CENTRE,
    labels=("attested", "خط المساعدة"),
    created_at=NOW - timedelta(days=90),
)
PAUSED = Bank(
    bank_id=2,
    name="HOLIDAY_PHOTOS",
    category=Category.MUST_NOT_MATCH,
    is_enabled=False,
    created_at=NOW - timedelta(days=9),
)
ENTRY = Entry(
    entry_id=4711,
    bank_id=1,
    draft=EntryDraft(
        signal=Signal("sha256", DIGEST),
        content_ref="item-0042",
        variant="rotate90+crop:centre:5",
        quality=98,
        canon="pdq-canon-v1",
        source="خط المساعدة، الشارقة",
        provenance="file:beach.jpg",
        note="Seen twice, and once again in October.",
        expires_at=NOW + timedelta(days=30),
    ),
    added_at=NOW - timedelta(days=3),
)
DELETED = Entry(
    entry_id=4712,
    bank_id=1,
    draft=EntryDraft(signal=Signal("url", "https://example.org/a?b=c")),
    added_at=NOW - timedelta(days=2),
    deleted_at=NOW,
)
ENTRY_ROWS = (
    EntryRow(entry=ENTRY, state="active", begins=DIGEST[:8]),
    EntryRow(entry=DELETED, state="deleted", begins="https://"),
)
HITS = (
    HitRow(
        bank="HOTLINE_2026",
        bank_id=1,
        category=Category.TEST,
        entry_id=4711,
        signal_type="pdq",
        distance=12,
        limit_bits=31,
        variant="rotate90+crop:centre:5",
        frame=2,
        source="خط المساعدة",
    ),
    HitRow(
        bank="HOTLINE_2026",
        bank_id=1,
        category=Category.TEST,
        entry_id=None,
        signal_type="sha256",
        distance=0,
        limit_bits=0,
        variant="original",
    ),
)
MATCHES = tuple(
    MatchRow(
        event_id=900 - at,
        at=NOW - timedelta(minutes=at * 7),
        banks=("HOTLINE_2026", "HOLIDAY_PHOTOS")[: 1 + at % 2],
        action=[Action.HOLD, Action.REVIEW, None][at % 3],
        principal=f"key:{at}",
        reference=["upload-8f31", "صورة ١٢", ""][at % 3],
        hits=at + 1,
    )
    for at in range(5)
)
PERSON = Person(
    person_id=3,
    member_id=1,
    email="lina@example.org",
    name="لينا حداد",
    role=Role.ADMIN,
    language="ar",
    is_enabled=True,
    has_totp=True,
    totp_version=1,
    must_change_password=False,
    created_at=NOW - timedelta(days=60),
)
OTHER = Person(
    person_id=4,
    member_id=2,
    email="sam@example.net",
    name="Sam O'Neill",
    role=Role.CURATOR,
    language="en",
    is_enabled=False,
    has_totp=False,
    totp_version=0,
    must_change_password=True,
    created_at=NOW - timedelta(days=1),
)
MEMBERS = (
    Member(member_id=1, name="Example Hotline", is_enabled=True, created_at=NOW),
    Member(member_id=2, name="منصّة مثال", is_enabled=False, created_at=NOW),
)
KEYS = tuple(
    ApiKey(
        key_id=at + 1,
        member_id=1,
        label=["upload service", "خدمة الرفع", "old"][at],
        prefix="abcdefg2",
        permissions=(Permission.PROTECT_CONTENT_HASH, Permission.PROTECT_CONTENT_MATCH),
        daily_budget=1_000_000,
        created_by="person:3",
        created_at=NOW,
        expires_at=NOW + timedelta(days=365),
        last_used_at=[NOW, None, None][at],
    )
    for at in range(3)
)
REPLACED = msgspec.structs.replace(
    KEYS[0], key_id=9, revoked_at=NOW + timedelta(hours=24), last_used_at=None
)
JOB = JobRow(
    job_id=17,
    kind=WordKey("bank_import"),
    state="running",
    about="HOTLINE_2026",
    created_by="person:3",
    created_at=NOW,
    done=1200,
    total=5000,
)
DONE = JobRow(
    job_id=16,
    kind=WordKey("bank_import"),
    state="done",
    about="HOTLINE_2026",
    created_by="person:3",
    created_at=NOW,
    done=40,
    total=40,
    result={WordKey("added"): 38, WordKey("refused"): 2},
)
FAILED = JobRow(
    job_id=15,
    kind=WordKey("bank_import"),
    state="failed",
    about="",
    created_by="key:7",
    created_at=NOW,
    done=3,
    total=None,
    error=WordKey(ErrorCode.STORAGE_FULL),
    error_detail="The disk is full.",
)
HOOK = WebhookRow(
    webhook_id=2,
    url="https://hooks.example.org/nahmi",
    events=("match.hold", "job.done"),
    is_enabled=True,
    created_at=NOW,
)
EXCHANGE = ExchangeRow(
    name="ncmec",
    via="ncmec",
    bank="HOTLINE_2026",
    records=120_400,
    entries=311_002,
    reached_at=NOW,
    state="done",
    job_id=15,
    opinions_waiting=2,
)
NEW_EXCHANGE = ExchangeRow(
    name="partners", via="", bank="", records=0, entries=0, reached_at=None, state=None, job_id=None
)
WRONG = Form(
    values={"name": "lower case", "limit_bits": "٣١", "category": "test", "label": "x"},
    chosen={"actions": frozenset({"review"}), "permissions": frozenset({"protect:content:hash"})},
    errors={"name": WordKey("error-name_invalid"), "": WordKey("error-input_invalid")},
    detail="A bank's name is 1 to 64 capital letters, digits and underscores.",
)
EVENTS = tuple(
    AuditEvent(
        at=NOW,
        member_id=1,
        actor=["local", "person:3"][at % 2],
        event=["key:create", "bank:delete"][at % 2],
        object=["key:9", ""][at % 2],
        detail={"permissions": 2, "is_shared": False} if at % 2 else {},
    )
    for at in range(3)
)


def dashboard(language: Language, *, is_empty: bool = False) -> Dashboard:
    words, writes = words_of(language), Writing(language)
    days = [date(2026, 11, 7) + timedelta(days=at) for at in range(14)]
    counts = {
        Action.LOG: [at % 3 for at in range(14)],
        Action.REVIEW: [at * 2 for at in range(14)],
        Action.HOLD: [(at * 5) % 7 for at in range(14)],
        Action.BLOCK: [0, 1] * 7,
    }
    health = Health(
        index_signals=1_204_331,
        index_age_s=0.1 if is_empty else 12.0,
        decoding=1,
        workers=4,
        messages_waiting=3,
        messages_dead=0 if is_empty else 1,
    )
    shares = (
        BankShare(
            bank_id=1,
            name="HOTLINE_2026",
            category=Category.TEST,
            entries=81_200,
            matches=77,
            is_enabled=True,
        ),
        BankShare(
            bank_id=2,
            name="HOLIDAY_PHOTOS",
            category=Category.MUST_NOT_MATCH,
            entries=12,
            matches=0,
            is_enabled=False,
        ),
    )
    return Dashboard(
        matches_today=0 if is_empty else 31,
        queries_today=0 if is_empty else 184_220,
        entries=81_212,
        matches=matches_chart(days, {} if is_empty else counts, words, writes),
        queries=queries_chart(
            days, [0 if is_empty else 9000 + at * 811 for at in range(14)], words, writes
        ),
        banks=() if is_empty else shares,
        health=health,
        recent=() if is_empty else MATCHES,
    )


def audit_rows(*, count: int = 3) -> AuditLog:
    records = []
    for event in EVENTS[:count]:
        records.append(chain(event, records[-1] if records else None))
    return AuditLog(
        rows=tuple(reversed(records)),
        paging=Paging(following="c1", is_first=True),
        result=ChainResult(first_broken=None),
    )


def answer(verdict: Verdict) -> TryFile:
    return TryFile(
        most_bytes=50 * MIB,
        result=TryResult(
            file_name="صورة من الشاطئ.jpg",
            size_bytes=2_400_000,
            media_type="image/jpeg",
            width=1600 if verdict is not Verdict.NO_USABLE_FINGERPRINT else 0,
            height=1200,
            frame_count=3,
            quality=98 if verdict is Verdict.MATCH else None,
            verdict=verdict,
            action=Action.HOLD if verdict is Verdict.MATCH else None,
            hits=HITS if verdict is Verdict.MATCH else (),
            took_ms=14,
        ),
    )


QR = qr_code("otpauth://totp/nahmi:lina@example.org?secret=JBSWY3DPEHPK3PXP&issuer=nahmi")

PAGES: dict[str, Callable[[Language], View]] = {
    **CIRCLE_PAGES,
    "sign-in": lambda _: SignIn(),
    "sign-in-wrong": lambda _: SignIn(
        form=Form(
            values={"email": "lina@example.org"},
            errors={"": Mistake.CREDENTIALS},
        )
    ),
    "second-factor": lambda _: SecondFactor(
        form=Form(errors={"code": Mistake.CODE}), next_path="/console/banks"
    ),
    "login-link": lambda _: LoginLink(token="a" * 43),
    "set-password": lambda _: SetPassword(has_password=True, email=PERSON.email, shortest=12),
    "totp": lambda _: TotpEnrolment(qr=QR, secret="JBSW Y3DP EHPK 3PXP"),  # noqa: S106 - no real secret
    "recovery-codes": lambda _: RecoveryCodes(
        codes=tuple(f"abcd-efg{at}-hijk-lmno" for at in range(8))
    ),
    "dashboard": dashboard,
    "dashboard-empty": lambda language: dashboard(language, is_empty=True),
    "banks": lambda _: BankList(
        rows=(
            BankRow(bank=BANK, entries=81_200),
            BankRow(bank=PAUSED, entries=12),
        )
    ),
    "banks-empty": lambda _: BankList(rows=()),
    "bank": lambda _: BankPage(
        row=BankRow(bank=BANK, entries=81_200),
        filters=EntryFilter(text="beach", signal_type="pdq", with_deleted=True),
        signal_types=("pdq", "sha256", "url"),
        entries=ENTRY_ROWS,
        paging=Paging(following="4712", is_first=False),
    ),
    "bank-shared": lambda _: BankPage(
        row=BankRow(bank=PAUSED, entries=12),
        signal_types=("pdq",),
        entries=None,
        fed_by=CircleLink(circle_id=CIRCLE_ID, name="تحالف الخليج"),
    ),
    "bank-new": lambda _: BankForm(form=WRONG, bank=None, most_bits=63),
    "bank-edit": lambda _: BankForm(
        form=Form(values={"name": BANK.name, "is_enabled": "yes"}), bank=BANK, most_bits=63
    ),
    "entry": lambda _: EntryPage(
        bank=BANK,
        row=ENTRY_ROWS[0],
        sightings=3,
        from_circle=CircleLink(
            circle_id=CIRCLE_ID, name="تحالف الخليج", signal_key="5b2f8c9d1e4a7036f8b1c2d3e4f5a697"
        ),
    ),
    "entry-deleted": lambda _: EntryPage(bank=BANK, row=ENTRY_ROWS[1], sightings=0),
    "add-upload": lambda _: AddUpload(
        bank=BANK,
        most_bytes=50 * MIB,
        form=Form(errors={"file": WordKey("error-media_malformed")}),
    ),
    "add-signal": lambda _: AddSignal(bank=BANK, signal_types=("pdq", "sha256", "url")),
    "import": lambda _: ImportEntries(bank=BANK, formats=("csv", "jsonl"), most_bytes=200 * MIB),
    "export": lambda _: ExportEntries(bank=BANK, entries=81_200, formats=("csv", "jsonl")),
    "try": lambda _: TryFile(most_bytes=50 * MIB),
    "try-match": lambda _: answer(Verdict.MATCH),
    "try-no-match": lambda _: answer(Verdict.NO_MATCH),
    "try-unusable": lambda _: answer(Verdict.NO_USABLE_FINGERPRINT),
    "matches": lambda _: MatchLog(
        filters=MatchFilter(bank="1", reference="صورة"),
        banks=(BANK, PAUSED),
        rows=MATCHES,
        paging=Paging(following="c2", is_first=False),
    ),
    "match": lambda _: MatchPage(row=MATCHES[1], channel="api", hits=HITS),
    "keys": lambda _: KeyList(
        rows=(
            KeyRow(key=KEYS[0], state="valid"),
            KeyRow(key=KEYS[1], state="expired"),
            KeyRow(key=KEYS[2], state="revoked"),
            KeyRow(key=REPLACED, state="ending"),
        )
    ),
    "key-new": lambda _: KeyForm(form=WRONG, grantable=tuple(Permission)),
    "key-rotate": lambda _: KeyRotation(key=KEYS[0], form=WRONG),
    "key-made": lambda _: KeyMade(key=KEYS[1], text="nahmi_abcdefg2_" + "x" * 43),
    "people": lambda _: PersonList(
        rows=(
            PersonRow(person=PERSON, is_reader=True),
            PersonRow(person=OTHER, is_reader=False),
        )
    ),
    "person-new": lambda _: PersonForm(person=None),
    "person-edit": lambda _: PersonForm(
        person=OTHER,
        form=Form(values={"name": OTHER.name, "email": OTHER.email, "role": OTHER.role}),
    ),
    "link-made": lambda _: LinkMade(
        person=OTHER, address="https://node.example.org/console/enter/" + "a" * 43, minutes=15
    ),
    "members": lambda _: MemberList(
        rows=(
            MemberRow(member=MEMBERS[0]),
            MemberRow(member=MEMBERS[1]),
        )
    ),
    "audit": lambda _: audit_rows(),
    "audit-broken": lambda _: AuditLog(rows=(), result=ChainResult(first_broken=77)),
    "account": lambda _: Account(
        form=Form(values={"name": PERSON.name, "language": PERSON.language}),
        person=PERSON,
        sessions=(
            SessionRow(handle="1", created_at=NOW, last_used_at=NOW, is_this=True),
            SessionRow(handle="2", created_at=NOW, last_used_at=NOW, is_this=False),
        ),
        recovery_codes=8,
    ),
    "webhooks": lambda _: WebhookList(rows=(HOOK,)),
    "webhook": lambda _: WebhookPage(row=HOOK),
    "webhook-made": lambda _: WebhookPage(
        row=HOOK,
        secret="whsec_" + "x" * 44,
        tried=Tried(is_delivered=True),
    ),
    "webhook-test-failed": lambda _: WebhookPage(
        row=HOOK, tried=Tried(is_delivered=False, error="The receiver answered with status 500.")
    ),
    "webhook-new": lambda _: WebhookForm(events=("match.hold", "job.done")),
    "dead-letters": lambda _: DeadLetters(
        rows=(
            DeadLetter(
                message_id=31,
                kind="match.hold",
                url=HOOK.url,
                attempts=12,
                created_at=NOW,
                last_error="The host did not answer in time.",
            ),
        )
    ),
    "exchanges": lambda _: ExchangeList(rows=(EXCHANGE, NEW_EXCHANGE)),
    "exchanges-none": lambda _: ExchangeList(rows=()),
    "exchange": lambda _: ExchangePage(
        row=msgspec.structs.replace(
            EXCHANGE,
            state="failed",
            error=WordKey(ErrorCode.EXCHANGE_REFUSED),
            error_detail="The exchange answered with status 401.",
        ),
        takes_opinions=True,
        form=Form(
            values={"entry": "x", "stance": "disagree", "reason": "Not what was meant"},
            errors={"entry": Mistake.NUMBER},
        ),
        refused=(
            RefusedOpinion(
                message_id=31, created_at=NOW, last_error="The exchange has no such reason."
            ),
        ),
    ),
    "exchange-new": lambda _: ExchangePage(row=NEW_EXCHANGE),
    "jobs": lambda _: JobList(rows=(JOB, DONE, FAILED), paging=Paging(following="15")),
    "job": lambda _: JobPage(row=JOB, has_refused=True),
    "job-done": lambda _: JobPage(
        row=DONE, has_refused=True, reasons="The home holds this signal back: common."
    ),
    "job-failed": lambda _: JobPage(row=FAILED),
    "settings": lambda _: Settings(
        rows=(
            SettingRow(name="port", value="8410", is_default=True),
            SettingRow(name="database", value="postgresql://…", is_default=False),
        ),
        rules=(
            RuleRow(rule_id=2, bank=BANK.name, category=None, action=Action.BLOCK),
            RuleRow(rule_id=1, bank="", category=Category.NCII, action=Action.HOLD),
        ),
        banks=(BANK,),
        path="node.toml",
    ),
    "confirm": lambda _: Confirm(
        question=Question.KEY_REVOKE,
        subject="خدمة الرفع",
        action_path="/console/keys/2/revoke",
        back_path="/console/keys",
    ),
    "problem-404": lambda _: Problem(status=404, code=ErrorCode.BANK_MISSING),
    "problem-429": lambda _: Problem(status=429, retry_after_s=11, back_path="/console/try"),
    "problem-500": lambda _: Problem(status=500, detail="The database is busy."),
}
"""Every page, by name; a view class has at least one."""

ALONE = {"sign-in", "sign-in-wrong", "second-factor", "login-link", "set-password", "totp"}
"""Pages that somebody sees before they are signed in."""

READER = Reader(
    name=PERSON.name,
    role=Role.ADMIN,
    permissions=frozenset(Permission),
)


def chrome(name: str, language: Language) -> Chrome:
    is_alone = name in ALONE
    return Chrome(
        language=language,
        path="/console/banks/1?text=a&after=3",
        reader=None if is_alone else READER,
        csrf="c" * 64,
        notices=()
        if is_alone
        else (
            Notice(
                key=NoticeKey.ENTRY_DELETED,
                tone=Tone.DONE,
                values={"entry": 4711},
                undo_path="/console/entries/4711/restore",
            ),
        ),
        request_id="01JD3Y0V2J5Q",
        version="0.1.0",
    )
