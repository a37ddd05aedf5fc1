# SPDX-License-Identifier: Apache-2.0
"""Banks in circles: shared, and taken back."""

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from nahmi.access.roles import Permission
from nahmi.errors import PartnerError
from nahmi.partner.ports.circle import Standing
from nahmi.partner.statements.kinds import RetractReason, ReviewMethod
from nahmi.web.paths import to
from nahmi.web.routes.circle_shown import circle_rows
from nahmi.web.routes.gates import action, page
from nahmi.web.typed import Typed
from nahmi.web.views.base import EMPTY_FORM, Form
from nahmi.web.views.circles import ShareBank
from nahmi.web.visits import Visit

_SAY = Permission.PARTNER_ASSERTION_WRITE
_OPEN = frozenset({Standing.HOME, Standing.FOLLOWING})


@page("/banks/{bank_id:int}/share", _SAY)
def show_share(visit: NamedDependency[Visit], bank_id: FromPath[int]) -> Response[str]:
    """In which circle a bank is to be shared, or from which it is to be withdrawn."""
    return visit.show(_share(visit, bank_id, EMPTY_FORM))


@action("/banks/{bank_id:int}/share", _SAY)
def share_bank(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], bank_id: FromPath[int]
) -> Response[str]:
    """Assert every signal of a bank, as a job."""
    view = _share(visit, bank_id, EMPTY_FORM)
    circle_id = typed.one_of("circle", [row.circle_id for row in view.circles])
    review = typed.choice("review", ReviewMethod)
    if not typed.is_right:
        return visit.again(_share(visit, bank_id, typed.form()))
    try:
        job = visit.circles.jobs.share(visit.principal, circle_id, bank_id, review)
    except PartnerError as error:
        return visit.again(_share(visit, bank_id, typed.form(error, field="circle")))
    return visit.go(to("jobs", job.job_id))


@action("/banks/{bank_id:int}/withdraw", _SAY)
def withdraw_bank(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], bank_id: FromPath[int]
) -> Response[str]:
    """Take back what was asserted of every signal of a bank, as a job."""
    view = _share(visit, bank_id, EMPTY_FORM)
    circle_id = typed.one_of("circle", [row.circle_id for row in view.circles])
    reason = typed.choice("reason", RetractReason)
    if not typed.is_right:
        return visit.again(_share(visit, bank_id, typed.form()))
    try:
        job = visit.circles.jobs.withdraw(visit.principal, circle_id, bank_id, reason)
    except PartnerError as error:
        return visit.again(_share(visit, bank_id, typed.form(error, field="circle")))
    return visit.go(to("jobs", job.job_id))


def _share(visit: Visit, bank_id: int, form: Form) -> ShareBank:
    curating, who = visit.journeys.curating, visit.principal
    bank = curating.live_bank(who, bank_id)
    fed_by = visit.circles.looking.of_bank(who, bank_id)
    return ShareBank(
        form=form,
        bank=bank,
        entries=curating.count(who, bank_id),
        circles=tuple(row for row in circle_rows(visit) if row.standing in _OPEN),
        fed_by="" if fed_by is None else fed_by.roster.roster.name,
    )


ROUTES = [show_share, share_bank, withdraw_bank]
