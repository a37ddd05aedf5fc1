# SPDX-License-Identifier: Apache-2.0
"""Jobs, webhooks, settings, and the page for what went wrong."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal

import msgspec

from nahmi.core.bank import Action, Bank, Category
from nahmi.errors import ErrorCode
from nahmi.web.navigation import Section
from nahmi.web.views.base import EMPTY_FORM, WHOLE_LIST, Form, Paging, View, WordKey

JobState = Literal["waiting", "running", "done", "failed", "cancelled"]
"""Who acts next on a job: the node, or nobody."""


class JobRow(msgspec.Struct, frozen=True, kw_only=True):
    """A job.

    Attributes:
        job_id: Its number.
        kind: What it does, such as `import`.
        state: Who acts next.
        about: To what it is done, such as a bank's name.
        created_by: Who asked for it, such as person:3.
        created_at: UTC.
        done: Steps done.
        total: Steps in all, 1 or more; None when not known.
        result: What came out, figures by name of the words.
        error: The error code of why it failed; None when it did not.
        error_detail: More about that, in English.
    """

    job_id: int
    kind: WordKey
    state: JobState
    about: str
    created_by: str
    created_at: datetime
    done: int
    total: int | None
    result: dict[WordKey, int] = {}
    error: WordKey | None = None
    error_detail: str = ""


class JobList(View, frozen=True, kw_only=True):
    """Jobs of the member, newest first.

    Attributes:
        rows: Of this page.
        paging: Where in the list.
    """

    template: ClassVar[str] = "jobs.html.j2"
    section: ClassVar[Section | None] = Section.JOBS
    rows: tuple[JobRow, ...]
    paging: Paging = WHOLE_LIST


class JobPage(View, frozen=True, kw_only=True):
    """One job, which follows its progress where scripts run.

    Attributes:
        row: The job.
        has_refused: Whether lines that it refused can be read.
        reasons: Why a circle did not take all of it, in English; empty when it did.
    """

    template: ClassVar[str] = "job.html.j2"
    section: ClassVar[Section | None] = Section.JOBS
    row: JobRow
    has_refused: bool = False
    reasons: str = ""


class WebhookRow(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook.

    Attributes:
        webhook_id: Its number.
        url: Where messages go.
        events: Which events it gets.
        is_enabled: Otherwise nothing is sent.
        created_at: UTC.
    """

    webhook_id: int
    url: str
    events: tuple[str, ...]
    is_enabled: bool
    created_at: datetime


class WebhookList(View, frozen=True, kw_only=True):
    """All webhooks of the member.

    Attributes:
        rows: By number.
    """

    template: ClassVar[str] = "webhooks.html.j2"
    section: ClassVar[Section | None] = Section.WEBHOOKS
    rows: tuple[WebhookRow, ...]


class WebhookForm(View, frozen=True, kw_only=True):
    """Making a webhook.

    Attributes:
        form: Fields `url` and `events`.
        events: To choose from.
    """

    template: ClassVar[str] = "webhook_form.html.j2"
    section: ClassVar[Section | None] = Section.WEBHOOKS
    form: Form = EMPTY_FORM
    events: tuple[str, ...]


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a test message.

    Attributes:
        is_delivered: Whether it arrived.
        error: Why not, in English.
    """

    is_delivered: bool
    error: str = ""


class WebhookPage(View, frozen=True, kw_only=True):
    """One webhook.

    Attributes:
        row: The webhook.
        secret: Just made, shown once; empty otherwise.
        tried: What became of a test message that was just sent; None otherwise.
    """

    template: ClassVar[str] = "webhook.html.j2"
    section: ClassVar[Section | None] = Section.WEBHOOKS
    row: WebhookRow
    secret: str = ""
    tried: Tried | None = None

    def __repr__(self) -> str:
        """Without the secret."""
        return f"WebhookPage(webhook_id={self.row.webhook_id})"


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was given up.

    Attributes:
        message_id: Its number.
        kind: Its event.
        url: Where it should have gone.
        attempts: How often it was tried.
        created_at: UTC.
        last_error: Why the last try failed.
    """

    message_id: int
    kind: str
    url: str
    attempts: int
    created_at: datetime
    last_error: str


class DeadLetters(View, frozen=True, kw_only=True):
    """Messages that were given up.

    Attributes:
        rows: Of this page, newest first.
        paging: Where in the list.
    """

    template: ClassVar[str] = "dead_letters.html.j2"
    section: ClassVar[Section | None] = Section.WEBHOOKS
    rows: tuple[DeadLetter, ...]
    paging: Paging = WHOLE_LIST


class SettingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A setting.

    Attributes:
        name: As it is written in the settings.
        value: In force.
        is_default: Whether nobody set it.
    """

    name: str
    value: str
    is_default: bool


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """An action rule.

    Attributes:
        rule_id: Its number.
        bank: For one bank; empty for a category.
        category: For a category; None for one bank.
        action: What a match asks for.
    """

    rule_id: int
    bank: str
    category: Category | None
    action: Action


class Settings(View, frozen=True, kw_only=True):
    """What is configured, and the rules, which can be changed here.

    Attributes:
        rows: All settings by name.
        rules: Of the member, the most specific first.
        form: Fields `scope` (`bank:NUMBER` or `category:NAME`) and `action` of a new rule.
        banks: To choose from.
        path: Of the file of settings.
    """

    template: ClassVar[str] = "settings.html.j2"
    section: ClassVar[Section | None] = Section.SETTINGS
    rows: tuple[SettingRow, ...]
    rules: tuple[RuleRow, ...]
    form: Form = EMPTY_FORM
    banks: tuple[Bank, ...]
    path: str
    categories: tuple[Category, ...] = tuple(Category)
    actions: tuple[Action, ...] = tuple(Action)


class Question(StrEnum):
    """What is asked for again; also the key of its words."""

    KEY_REVOKE = "key-revoke"
    WEBHOOK_DELETE = "webhook-delete"
    CIRCLE_ADMIT = "circle-admit"
    CIRCLE_REFUSE = "circle-refuse"
    CIRCLE_REMOVE = "circle-remove"
    CIRCLE_EXPEL = "circle-expel"
    CIRCLE_ROTATE = "circle-rotate"
    CIRCLE_UNDO = "circle-undo"
    CIRCLE_WITHDRAW = "circle-withdraw"


class Confirm(View, frozen=True, kw_only=True):
    """A question before something that cannot be undone.

    Attributes:
        question: Which.
        subject: What it is done to.
        action_path: Where the form goes.
        back_path: Where a change of mind leads.
        fields: What the form sends besides.
    """

    template: ClassVar[str] = "confirm.html.j2"
    question: Question
    subject: str
    action_path: str
    back_path: str
    fields: dict[str, str] = msgspec.field(default_factory=dict)


ProblemStatus = Literal[400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 500, 503]
"""The statuses that have a page."""


class Problem(View, frozen=True, kw_only=True):
    """What went wrong.

    Attributes:
        status: HTTP status.
        code: Of the error; None when there is no more to say than the status does.
        detail: What happened, in English; empty when it must not be told.
        retry_after_s: When trying again makes sense; 0 when that is not known.
        back_path: Where to go from here.
    """

    template: ClassVar[str] = "problem.html.j2"
    status: ProblemStatus
    code: ErrorCode | None = None
    detail: str = ""
    retry_after_s: int = 0
    back_path: str = ""
