# SPDX-License-Identifier: Apache-2.0
"""Jobs, webhooks, settings and action rules."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from nahmi.access.roles import Permission
from nahmi.core.bank import Action, Category
from nahmi.errors import NahmiError
from nahmi.flows.import_jobs import KIND
from nahmi.operate.delivery import Outcome
from nahmi.operate.jobs import ENDED, Job
from nahmi.operate.outbox import Message
from nahmi.operate.settings import Settings
from nahmi.operate.webhooks import Webhook, WebhookChanges, WebhookEvent
from nahmi.protect.actions import NewActionRule
from nahmi.web.headers import PAGE_HEADERS
from nahmi.web.notices import NoticeKey
from nahmi.web.paths import to
from nahmi.web.routes.gates import action, page
from nahmi.web.routes.matches import bank_names
from nahmi.web.typed import Typed
from nahmi.web.views import operations as shown
from nahmi.web.views.base import Form, Paging, WordKey
from nahmi.web.visits import Visit
from nahmi.web.writing import whole_number

PAGE: Final = 50
_JOBS, _JOBS_WRITE = Permission.NODE_JOB_READ, Permission.NODE_JOB_WRITE
_HOOKS, _HOOKS_WRITE = Permission.NODE_WEBHOOK_READ, Permission.NODE_WEBHOOK_WRITE
_SETTINGS, _SETTINGS_WRITE = Permission.NODE_SETTING_READ, Permission.NODE_SETTING_WRITE
_HIDDEN: Final = frozenset({"layout", "database", "exchange"})
"""Settings that are not shown as they are: the address of a database may hold a password."""


@page("/jobs", _JOBS)
def list_jobs(visit: NamedDependency[Visit]) -> Response[str]:
    """Jobs, newest first."""
    before = whole_number(visit.request.query_params.get("after", ""))
    member = visit.principal.member_id
    found = visit.service.jobs.jobs(member, before=before, limit=PAGE + 1)
    names = _names(visit)
    rows = tuple(_job(job, names) for job in found[:PAGE])
    following = str(rows[-1].job_id) if len(found) > PAGE else ""
    paging = Paging(following=following, is_first=before is None)
    return visit.show(shown.JobList(rows=rows, paging=paging))


@page("/jobs/{job_id:int}", _JOBS)
def show_job(visit: NamedDependency[Visit], job_id: FromPath[int]) -> Response[str]:
    """One job."""
    job = _one_job(visit, job_id)
    return visit.show(
        shown.JobPage(
            row=_job(job, _names(visit)),
            has_refused=job.kind == KIND and bool(job.result.get("refused")),
            reasons=str(job.result.get("reasons") or ""),
        )
    )


@page("/jobs/{job_id:int}/progress", _JOBS)
def show_progress(visit: NamedDependency[Visit], job_id: FromPath[int]) -> Response[bytes]:
    """How far a job is, for the script of its page."""
    job = _one_job(visit, job_id)
    text = (
        visit.writes.percent(job.done / job.total)
        if job.total
        else visit.words("job-steps-open", done=job.done)
    )
    state = {
        "is_over": job.state in ENDED,
        "done": job.done,
        "total": job.total,
        "text": str(text.striptags()),
    }
    return Response(msgspec.json.encode(state), media_type="application/json", headers=PAGE_HEADERS)


@page("/jobs/{job_id:int}/refused", _JOBS)
def read_refused(visit: NamedDependency[Visit], job_id: FromPath[int]) -> Stream:
    """The lines of an import that were no entry, as a file."""
    pieces: Iterator[bytes] = visit.journeys.imports.refused(_one_job(visit, job_id))
    name = f"refused-{job_id}.jsonl"
    return Stream(
        pieces,
        media_type="application/octet-stream",
        headers={**PAGE_HEADERS, "content-disposition": f'attachment; filename="{name}"'},
    )


@action("/jobs/{job_id:int}/cancel", _JOBS_WRITE)
def cancel_job(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], job_id: FromPath[int]
) -> Response[str]:
    """Stop a job."""
    del typed  # asked for so that the form is checked
    visit.journeys.cancel_job(visit.principal, job_id)
    return visit.done(to("jobs", job_id), NoticeKey.JOB_CANCELLED)


@page("/webhooks", _HOOKS)
def list_webhooks(visit: NamedDependency[Visit]) -> Response[str]:
    """All webhooks of the member."""
    found = visit.journeys.subscribing.webhooks(visit.principal)
    return visit.show(shown.WebhookList(rows=tuple(_hook(one) for one in found)))


@page("/webhooks/new", _HOOKS_WRITE)
def show_new_webhook(visit: NamedDependency[Visit]) -> Response[str]:
    """A form for a webhook."""
    return visit.show(shown.WebhookForm(events=tuple(WebhookEvent)))


@action("/webhooks/new", _HOOKS_WRITE)
def create_webhook(visit: NamedDependency[Visit], typed: NamedDependency[Typed]) -> Response[str]:
    """Register a webhook, and show its secret this once."""
    url, events = typed.text("url", is_required=True), typed.choices("events", WebhookEvent)
    offered = tuple(WebhookEvent)
    if not typed.is_right:
        return visit.again(shown.WebhookForm(events=offered, form=typed.form()))
    try:
        made, secret = visit.journeys.subscribing.add(visit.principal, url, events)
    except NahmiError as error:
        form = typed.form(error, field="url")
        return visit.again(shown.WebhookForm(events=offered, form=form))
    return visit.show(shown.WebhookPage(row=_hook(made), secret=secret))


@page("/webhooks/{webhook_id:int}", _HOOKS)
def show_webhook(visit: NamedDependency[Visit], webhook_id: FromPath[int]) -> Response[str]:
    """One webhook."""
    found = visit.journeys.subscribing.webhook(visit.principal, webhook_id)
    return visit.show(shown.WebhookPage(row=_hook(found)))


@action("/webhooks/{webhook_id:int}/test", _HOOKS_WRITE)
def try_webhook(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], webhook_id: FromPath[int]
) -> Response[str]:
    """Send a test message, and say what became of it."""
    del typed  # asked for so that the form is checked
    subscribing = visit.journeys.subscribing
    tried = subscribing.try_out(visit.principal, webhook_id)
    return visit.show(
        shown.WebhookPage(
            row=_hook(subscribing.webhook(visit.principal, webhook_id)),
            tried=shown.Tried(is_delivered=tried.outcome is Outcome.DELIVERED, error=tried.error),
        )
    )


@action("/webhooks/{webhook_id:int}/rotate", _HOOKS_WRITE)
def rotate_webhook(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], webhook_id: FromPath[int]
) -> Response[str]:
    """Sign with a new secret, and show it this once."""
    del typed  # asked for so that the form is checked
    changed, secret = visit.journeys.subscribing.rotate(visit.principal, webhook_id)
    return visit.show(shown.WebhookPage(row=_hook(changed), secret=secret))


@action("/webhooks/{webhook_id:int}/enable", _HOOKS_WRITE)
def enable_webhook(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], webhook_id: FromPath[int]
) -> Response[str]:
    """Send again."""
    del typed  # asked for so that the form is checked
    return _switch(visit, webhook_id, is_enabled=True)


@action("/webhooks/{webhook_id:int}/disable", _HOOKS_WRITE)
def disable_webhook(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], webhook_id: FromPath[int]
) -> Response[str]:
    """Send nothing for a while."""
    del typed  # asked for so that the form is checked
    return _switch(visit, webhook_id, is_enabled=False)


@page("/webhooks/{webhook_id:int}/delete", _HOOKS_WRITE)
def ask_delete_webhook(visit: NamedDependency[Visit], webhook_id: FromPath[int]) -> Response[str]:
    """Ask before a webhook is deleted."""
    found = visit.journeys.subscribing.webhook(visit.principal, webhook_id)
    return visit.show(
        shown.Confirm(
            question=shown.Question.WEBHOOK_DELETE,
            subject=found.url,
            action_path=to("webhooks", webhook_id, "delete"),
            back_path=to("webhooks", webhook_id),
        )
    )


@action("/webhooks/{webhook_id:int}/delete", _HOOKS_WRITE)
def delete_webhook(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], webhook_id: FromPath[int]
) -> Response[str]:
    """Forget a webhook."""
    del typed  # asked for so that the form is checked
    visit.journeys.subscribing.remove(visit.principal, webhook_id)
    return visit.done(to("webhooks"), NoticeKey.WEBHOOK_DELETED)


@page("/webhooks/dead", _HOOKS)
def list_dead_letters(visit: NamedDependency[Visit]) -> Response[str]:
    """Messages that nobody tries any more."""
    before = whole_number(visit.request.query_params.get("after", ""))
    subscribing, who = visit.journeys.subscribing, visit.principal
    found = subscribing.dead_letters(who, before=before, limit=PAGE + 1)
    urls = {one.webhook_id: one.url for one in subscribing.webhooks(who)}
    rows = tuple(_letter(one, urls.get(one.target_id, "")) for one in found[:PAGE])
    following = str(rows[-1].message_id) if len(found) > PAGE else ""
    paging = Paging(following=following, is_first=before is None)
    return visit.show(shown.DeadLetters(rows=rows, paging=paging))


@action("/webhooks/dead/{message_id:int}/retry", _HOOKS_WRITE)
def retry_message(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], message_id: FromPath[int]
) -> Response[str]:
    """Send a message again."""
    del typed  # asked for so that the form is checked
    visit.journeys.subscribing.retry(visit.principal, message_id)
    return visit.done(to("webhooks", "dead"), NoticeKey.MESSAGE_RETRIED, number=message_id)


@page("/settings", _SETTINGS)
def show_settings(visit: NamedDependency[Visit]) -> Response[str]:
    """What is configured, and the action rules."""
    return visit.show(_settings(visit, Form()))


@action("/settings/rules", _SETTINGS_WRITE)
def set_rule(visit: NamedDependency[Visit], typed: NamedDependency[Typed]) -> Response[str]:
    """Make a rule."""
    kind, _, name = typed.secret("scope").partition(":")
    wanted = typed.choice("action", Action)
    category = next((one for one in Category if kind == "category" and one == name), None)
    rule = NewActionRule(
        member_id=visit.principal.member_id,
        bank_id=whole_number(name) if kind == "bank" else None,
        category=category,
        action=wanted,
    )
    if not typed.is_right:
        return visit.again(_settings(visit, typed.form()))
    try:
        visit.journeys.ruling.set(visit.principal, rule)
    except NahmiError as error:
        return visit.again(_settings(visit, typed.form(error, field="scope")))
    return visit.done(to("settings"), NoticeKey.RULE_SET)


@action("/settings/rules/{rule_id:int}/delete", _SETTINGS_WRITE)
def remove_rule(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], rule_id: FromPath[int]
) -> Response[str]:
    """Drop a rule."""
    del typed  # asked for so that the form is checked
    visit.journeys.ruling.remove(visit.principal, rule_id)
    return visit.done(to("settings"), NoticeKey.RULE_REMOVED)


def _one_job(visit: Visit, job_id: int) -> Job:
    return visit.service.jobs.job(job_id, member_id=visit.principal.member_id)


def _names(visit: Visit) -> dict[object, str]:
    """What banks and circles are called, by what jobs have of them."""
    names: dict[object, str] = dict(bank_names(visit).items())
    if visit.principal.may(Permission.PARTNER_CIRCLE_READ):
        circles = visit.circles.circles.circles(member_id=visit.principal.member_id)
        names |= {circle.circle_id: circle.roster.roster.name for circle in circles}
    return names


def _job(job: Job, names: dict[object, str]) -> shown.JobRow:
    about = [names.get(job.detail.get(part), "") for part in ("bank_id", "circle")]
    return shown.JobRow(
        job_id=job.job_id,
        kind=WordKey(job.kind),
        state=job.state.value,
        about=", ".join(filter(None, about)),
        created_by=job.created_by,
        created_at=job.created_at,
        done=job.done,
        total=job.total or None,
        result={
            WordKey(name): value for name, value in job.result.items() if isinstance(value, int)
        },
        error=WordKey(job.error_code) if job.error_code else None,
        error_detail=job.error_detail,
    )


def _hook(webhook: Webhook) -> shown.WebhookRow:
    return shown.WebhookRow(
        webhook_id=webhook.webhook_id,
        url=webhook.url,
        events=tuple(webhook.events),
        is_enabled=webhook.is_enabled,
        created_at=webhook.created_at,
    )


def _letter(message: Message, url: str) -> shown.DeadLetter:
    return shown.DeadLetter(
        message_id=message.message_id,
        kind=message.kind,
        url=url,
        attempts=message.attempts,
        created_at=message.created_at,
        last_error=message.last_error,
    )


def _switch(visit: Visit, webhook_id: int, *, is_enabled: bool) -> Response[str]:
    changes = WebhookChanges(is_enabled=is_enabled)
    visit.journeys.subscribing.change(visit.principal, webhook_id, changes)
    return visit.done(to("webhooks", webhook_id), NoticeKey.WEBHOOK_SWITCHED)


def _settings(visit: Visit, form: Form) -> shown.Settings:
    names = bank_names(visit)
    rules = visit.journeys.ruling.rules(visit.principal)
    return shown.Settings(
        rows=tuple(_setting_rows(visit.service.settings)),
        rules=tuple(
            shown.RuleRow(
                rule_id=rule.rule_id,
                bank="" if rule.bank_id is None else names.get(rule.bank_id, f"#{rule.bank_id}"),
                category=rule.category,
                action=rule.action,
            )
            for rule in sorted(rules, key=lambda one: (one.bank_id is None, one.rule_id))
        ),
        banks=tuple(visit.journeys.curating.banks(visit.principal)),
        path="node.toml",
        form=form,
    )


def _setting_rows(settings: Settings) -> Iterator[shown.SettingRow]:
    given: dict[str, Any] = msgspec.to_builtins(settings)
    usual: dict[str, Any] = msgspec.to_builtins(Settings(layout=settings.layout))
    for one in settings.exchange:
        value = f"{one.kind}, {one.bank}"
        yield shown.SettingRow(name=f"exchange.{one.name}", value=value, is_default=False)
    for group, values in given.items():
        if group in _HIDDEN:
            continue
        for name, value in values.items():
            yield shown.SettingRow(
                name=f"{group}.{name}",
                value=_written(value),
                is_default=value == usual[group][name],
            )


def _written(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return str(value)


ROUTES = [
    list_jobs,
    show_job,
    show_progress,
    read_refused,
    cancel_job,
    list_webhooks,
    show_new_webhook,
    create_webhook,
    show_webhook,
    try_webhook,
    rotate_webhook,
    enable_webhook,
    disable_webhook,
    ask_delete_webhook,
    delete_webhook,
    list_dead_letters,
    retry_message,
    show_settings,
    set_rule,
    remove_rule,
]
