# SPDX-License-Identifier: Apache-2.0
"""Keys, people, members, the audit log, and one's own account."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from nahmi.access.api_keys import DEFAULT_LIFE_DAYS
from nahmi.access.identity import Person
from nahmi.access.roles import Permission, Role
from nahmi.access.sessions import LINK_LIFE, token_digest
from nahmi.errors import AccessError, ErrorCode, NahmiError
from nahmi.flows.granting.keys import LONGEST_OVERLAP, NewKey
from nahmi.flows.granting.people import Invited, NewPerson
from nahmi.web import cookies
from nahmi.web.chrome import Notice
from nahmi.web.notices import NoticeKey
from nahmi.web.paths import to
from nahmi.web.routes.gates import action, page
from nahmi.web.typed import Typed
from nahmi.web.views import access as shown
from nahmi.web.views.base import Form, Paging
from nahmi.web.views.operations import Confirm, Question
from nahmi.web.visits import Visit
from nahmi.web.words import LANGUAGES
from nahmi.web.writing import whole_number

PAGE: Final = 50
LONGEST_NAME: Final = 100
LONGEST_LABEL: Final = 100
_DAYS: Final = 3650
_BUDGET: Final = 100_000
_OVERLAP_HOURS: Final = 24
_MOST_BUDGET: Final = 10**12


@page("/keys", Permission.ACCESS_KEY_READ)
def list_keys(visit: NamedDependency[Visit]) -> Response[str]:
    """All keys of the member."""
    now = visit.service.clock()
    rows = tuple(
        shown.KeyRow(key=key, state=shown.key_state(key, now))
        for key in reversed(visit.journeys.keys.keys(visit.principal))
    )
    return visit.show(shown.KeyList(rows=rows))


@page("/keys/new", Permission.ACCESS_KEY_WRITE)
def show_new_key(visit: NamedDependency[Visit]) -> Response[str]:
    """A form for a new key."""
    form = Form(
        values={"days": str(DEFAULT_LIFE_DAYS), "daily_budget": str(_BUDGET)},
        chosen={"permissions": frozenset({Permission.PROTECT_CONTENT_MATCH.value})},
    )
    return visit.show(_key_form(visit, form))


@action("/keys/new", Permission.ACCESS_KEY_WRITE)
def create_key(visit: NamedDependency[Visit], typed: NamedDependency[Typed]) -> Response[str]:
    """Make a key, and show its text this once."""
    label = typed.text("label", is_required=True, longest=LONGEST_LABEL)
    permissions = typed.choices("permissions", Permission)
    days = typed.number("days", least=1, most=_DAYS)
    budget = typed.number("daily_budget", least=1, most=_MOST_BUDGET)
    if not typed.is_right:
        return visit.again(_key_form(visit, typed.form()))
    new = NewKey(
        label=label, permissions=permissions, daily_budget=budget, life=timedelta(days=days)
    )
    try:
        key, text = visit.journeys.keys.add(visit.principal, new)
    except NahmiError as error:
        return visit.again(_key_form(visit, typed.form(error, field="permissions")))
    return visit.show(shown.KeyMade(key=key, text=text.reveal()))


@page("/keys/{key_id:int}/rotate", Permission.ACCESS_KEY_WRITE)
def show_rotation(visit: NamedDependency[Visit], key_id: FromPath[int]) -> Response[str]:
    """A form to replace a key."""
    key = visit.journeys.keys.key(visit.principal, key_id)
    return visit.show(shown.KeyRotation(key=key, form=Form(values={"hours": str(_OVERLAP_HOURS)})))


@action("/keys/{key_id:int}/rotate", Permission.ACCESS_KEY_WRITE)
def rotate_key(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], key_id: FromPath[int]
) -> Response[str]:
    """Make a key that does what an old one did, and show its text this once."""
    old = visit.journeys.keys.key(visit.principal, key_id)
    hours = typed.number("hours", least=0, most=LONGEST_OVERLAP // timedelta(hours=1))
    if not typed.is_right:
        return visit.again(shown.KeyRotation(key=old, form=typed.form()))
    try:
        made, text = visit.journeys.keys.rotate(
            visit.principal, key_id, overlap=timedelta(hours=hours)
        )
    except NahmiError as error:
        return visit.again(shown.KeyRotation(key=old, form=typed.form(error, field="hours")))
    return visit.show(shown.KeyMade(key=made, text=text.reveal()))


@page("/keys/{key_id:int}/revoke", Permission.ACCESS_KEY_WRITE)
def ask_revoke(visit: NamedDependency[Visit], key_id: FromPath[int]) -> Response[str]:
    """Ask before a key is revoked."""
    key = visit.journeys.keys.key(visit.principal, key_id)
    return visit.show(
        Confirm(
            question=Question.KEY_REVOKE,
            subject=key.label,
            action_path=to("keys", key_id, "revoke"),
            back_path=to("keys"),
        )
    )


@action("/keys/{key_id:int}/revoke", Permission.ACCESS_KEY_WRITE)
def revoke_key(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], key_id: FromPath[int]
) -> Response[str]:
    """Refuse a key from now on."""
    del typed  # asked for so that the form is checked
    key = visit.journeys.keys.revoke(visit.principal, key_id)
    return visit.done(to("keys"), NoticeKey.KEY_REVOKED, label=key.label)


@page("/people", Permission.ACCESS_PERSON_READ)
def list_people(visit: NamedDependency[Visit]) -> Response[str]:
    """All people of the member."""
    me = visit.who.person.person_id
    people = sorted(visit.journeys.people.people(visit.principal), key=lambda one: one.name)
    rows = tuple(
        shown.PersonRow(person=person, is_reader=person.person_id == me) for person in people
    )
    return visit.show(shown.PersonList(rows=rows))


@page("/people/new", Permission.ACCESS_PERSON_WRITE)
def show_new_person(visit: NamedDependency[Visit]) -> Response[str]:
    """A form for someone new."""
    form = Form(values={"role": Role.VIEWER.value, "language": visit.language})
    return visit.show(shown.PersonForm(person=None, form=form))


@action("/people/new", Permission.ACCESS_PERSON_WRITE)
def create_person(visit: NamedDependency[Visit], typed: NamedDependency[Typed]) -> Response[str]:
    """Let someone in, and show their one-time link this once."""
    name = typed.text("name", is_required=True, longest=LONGEST_NAME)
    email = typed.text("email", is_required=True)
    role = typed.choice("role", Role)
    language = typed.one_of("language", LANGUAGES)
    if not typed.is_right:
        return visit.again(shown.PersonForm(person=None, form=typed.form()))
    new = NewPerson(email=email, name=name, role=role, language="ar" if language == "ar" else "en")
    try:
        invited = visit.journeys.people.invite(visit.principal, new)
    except NahmiError as error:
        return visit.again(shown.PersonForm(person=None, form=typed.form(error, field="email")))
    return visit.show(_link(visit, invited))


@page("/people/{person_id:int}", Permission.ACCESS_PERSON_WRITE)
def show_person(visit: NamedDependency[Visit], person_id: FromPath[int]) -> Response[str]:
    """A form for someone's role."""
    person = visit.journeys.people.person(visit.principal, person_id)
    values = {"role": person.role.value, "is_enabled": "yes" if person.is_enabled else ""}
    return visit.show(_person_form(visit, person, Form(values=values)))


@action("/people/{person_id:int}", Permission.ACCESS_PERSON_WRITE)
def edit_person(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], person_id: FromPath[int]
) -> Response[str]:
    """Give someone another role, or let them in no more, or again."""
    people = visit.journeys.people
    person = people.person(visit.principal, person_id)
    role = typed.choice("role", Role)
    if not typed.is_right:
        return visit.again(_person_form(visit, person, typed.form()))
    is_reader = person_id == visit.who.person.person_id
    try:
        people.change_person(
            visit.principal,
            person_id,
            role=role if role is not person.role else None,
            # Nobody locks themselves out.
            is_enabled=None if is_reader else typed.is_checked("is_enabled"),
        )
    except AccessError as error:
        if error.code is not ErrorCode.ADMINISTRATOR_LAST:
            raise
        return visit.again(_person_form(visit, person, typed.form(error, field="role")))
    return visit.done(to("people"), NoticeKey.SAVED)


@action("/people/{person_id:int}/link", Permission.ACCESS_PERSON_WRITE)
def make_link(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], person_id: FromPath[int]
) -> Response[str]:
    """Make a one-time link, and show it this once."""
    del typed  # asked for so that the form is checked
    return visit.show(_link(visit, visit.journeys.people.new_link(visit.principal, person_id)))


@page("/members", Permission.ACCESS_MEMBER_READ)
def list_members(visit: NamedDependency[Visit]) -> Response[str]:
    """All members of the node."""
    return visit.show(_members(visit, Form()))


@action("/members", Permission.ACCESS_MEMBER_WRITE)
def create_member(visit: NamedDependency[Visit], typed: NamedDependency[Typed]) -> Response[str]:
    """Take a member in, and show the one-time link of whoever looks after it."""
    name = typed.text("name", is_required=True, longest=LONGEST_NAME)
    admin = typed.text("admin_name", is_required=True, longest=LONGEST_NAME)
    email = typed.text("admin_email", is_required=True)
    if not typed.is_right:
        return visit.again(_members(visit, typed.form()))
    new = NewPerson(email=email, name=admin, role=Role.ADMIN, language=visit.language)
    try:
        _, invited = visit.journeys.members.add(visit.principal, name, new)
    except NahmiError as error:
        return visit.again(_members(visit, typed.form(error)))
    return visit.show(_link(visit, invited))


@action("/members/{member_id:int}/{switch:str}", Permission.ACCESS_MEMBER_WRITE)
def switch_member(
    visit: NamedDependency[Visit],
    typed: NamedDependency[Typed],
    member_id: FromPath[int],
    switch: FromPath[str],
) -> Response[str]:
    """Let nobody of a member in any more, or let them in again."""
    del typed  # asked for so that the form is checked
    visit.journeys.members.switch(visit.principal, member_id, is_enabled=switch == "enable")
    return visit.done(to("members"), NoticeKey.MEMBER_SWITCHED)


@page("/audit", Permission.ACCESS_AUDIT_READ)
def list_audit(visit: NamedDependency[Visit]) -> Response[str]:
    """The audit log, newest first."""
    return visit.show(_audit(visit, None))


@action("/audit/verify", Permission.ACCESS_AUDIT_READ)
def verify_audit(visit: NamedDependency[Visit], typed: NamedDependency[Typed]) -> Response[str]:
    """Check the whole chain."""
    del typed  # asked for so that the form is checked
    broken = visit.journeys.auditing.first_broken(visit.principal)
    return visit.show(_audit(visit, shown.ChainResult(first_broken=broken)))


@page("/account")
def show_account(visit: NamedDependency[Visit]) -> Response[str]:
    """One's own account."""
    person = visit.who.person
    form = Form(values={"name": person.name, "language": person.language})
    return visit.show(_account(visit, form))


@action("/account")
def edit_account(visit: NamedDependency[Visit], typed: NamedDependency[Typed]) -> Response[str]:
    """Keep a name and a language."""
    name = typed.text("name", is_required=True, longest=LONGEST_NAME)
    language = typed.one_of("language", LANGUAGES)
    if not typed.is_right:
        return visit.again(_account(visit, typed.form()))
    chosen = cookies.read_language(language) or visit.language
    visit.journeys.account.set_profile(visit.who, name=name, language=chosen)
    remembered = cookies.language_cookie(chosen, is_secure=visit.is_secure)
    return visit.go(to("account"), Notice(key=NoticeKey.SAVED), cookie=remembered)


@action("/account/sessions/end")
def end_session(visit: NamedDependency[Visit], typed: NamedDependency[Typed]) -> Response[str]:
    """End another session of one's own."""
    handle = typed.secret("session")
    own = {digest.hex(): digest for digest, _ in visit.journeys.account.sessions(visit.who)}
    if handle in own:
        visit.journeys.account.end_session(visit.who, own[handle])
    return visit.done(to("account"), NoticeKey.SESSION_ENDED)


def _key_form(visit: Visit, form: Form) -> shown.KeyForm:
    mine = visit.principal.permissions
    return shown.KeyForm(form=form, grantable=tuple(one for one in Permission if one in mine))


def _person_form(visit: Visit, person: Person, form: Form) -> shown.PersonForm:
    is_reader = person.person_id == visit.who.person.person_id
    return shown.PersonForm(person=person, form=form, is_reader=is_reader)


def _link(visit: Visit, invited: Invited) -> shown.LinkMade:
    public = visit.service.settings.serve.public_url.rstrip("/")
    base = public or str(visit.request.base_url).rstrip("/")
    return shown.LinkMade(
        person=invited.person,
        address=base + to("enter", invited.token),
        minutes=int(LINK_LIFE.total_seconds()) // 60,
    )


def _members(visit: Visit, form: Form) -> shown.MemberList:
    rows = tuple(
        shown.MemberRow(member=member) for member in visit.journeys.members.members(visit.principal)
    )
    return shown.MemberList(rows=rows, form=form)


def _audit(visit: Visit, result: shown.ChainResult | None) -> shown.AuditLog:
    given: Mapping[str, str] = visit.request.query_params
    before = whole_number(given.get("after", ""))
    found = visit.journeys.auditing.newest(visit.principal, before=before, limit=PAGE + 1)
    rows = tuple(found[:PAGE])
    following = str(rows[-1].sequence) if len(found) > PAGE else ""
    return shown.AuditLog(
        rows=rows,
        paging=Paging(following=following, is_first=before is None),
        result=result,
    )


def _account(visit: Visit, form: Form) -> shown.Account:
    account, who = visit.journeys.account, visit.who
    mine = token_digest(who.token)
    return shown.Account(
        form=form,
        person=who.person,
        sessions=tuple(
            shown.SessionRow(
                handle=digest.hex(),
                created_at=value.created_at,
                last_used_at=value.last_used_at,
                is_this=digest == mine,
            )
            for digest, value in account.sessions(who)
        ),
        recovery_codes=account.recovery_left(who),
    )


ROUTES = [
    list_keys,
    show_new_key,
    create_key,
    show_rotation,
    rotate_key,
    ask_revoke,
    revoke_key,
    list_people,
    show_new_person,
    create_person,
    show_person,
    edit_person,
    make_link,
    list_members,
    create_member,
    switch_member,
    list_audit,
    verify_audit,
    show_account,
    edit_account,
    end_session,
]
