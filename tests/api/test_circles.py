# SPDX-License-Identifier: Apache-2.0
"""Circles over HTTP: founded, joined, spoken in, looked at and proven."""

import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import msgspec
import pytest

from nahmi.access.identity import LOCAL
from nahmi.access.roles import Permission
from nahmi.bootstrap import init_node, now
from nahmi.bootstrap.circles import Circles
from nahmi.bootstrap.open_circles import open_circles
from nahmi.core.bank import Category
from nahmi.core.member import OWN_MEMBER
from nahmi.core.signal import Signal
from nahmi.flows.circles.founding import NewCircle, Organisation, member_of
from nahmi.partner import pages
from nahmi.partner.circles.members import CircleRole, Sector
from nahmi.partner.circles.rules import Rules
from nahmi.partner.naming import organisation_id
from nahmi.partner.ports.circle import Circle
from nahmi.partner.receipts import SignedReceipt
from nahmi.partner.statement_proofs import StatementProof
from nahmi.partner.upstream import Taken, Withdrawals
from nahmi.testing.circle_guests import Guest

Ask = Callable[..., httpx.Response]
P = Permission
READ, WRITE = P.PARTNER_CIRCLE_READ, P.PARTNER_CIRCLE_WRITE
SAY, OPINE = P.PARTNER_ASSERTION_WRITE, P.PARTNER_OPINION_WRITE
CIRCLES = "/api/v1/circles"
ORGANISATION = {"name": "Hotline X", "sector": "hotline", "country": "AE"}
RULES = {"signal_types": ["sha256", "pdq"], "categories": ["test"]}


def digest(number: int) -> str:
    return sha256(f"{number}".encode()).hexdigest()


def found(ask: Ask, **rules: object) -> str:
    body = {
        "name": f"Gulf {secrets.token_hex(4)}",
        "organisation": ORGANISATION,
        "rules": {**RULES, **rules},
    }
    made = ask("POST", CIRCLES, WRITE, json=body)
    assert made.status_code == 201, made.text
    return f"{CIRCLES}/{made.json()['circle_id']}"


def name_of(path: str) -> str:
    return path.rpartition("/")[2]


@pytest.fixture(scope="module")
def circles(node_folder: Path) -> Iterator[Circles]:
    """The node's circles, opened beside the node that serves."""
    with open_circles(node_folder) as (_, opened):
        yield opened


@pytest.fixture
def circle(ask: Ask) -> str:
    """The address of a circle that the node has founded."""
    return found(ask)


@pytest.fixture
def guest(circles: Circles, circle: str) -> Guest:
    """A second member, from another country."""
    return Guest(circles, name_of(circle), "Charity Y", "GB").joins()


def say(ask: Ask, circle: str, *numbers: int) -> dict[str, Any]:
    signals = [{"type": "sha256", "value": digest(number)} for number in numbers]
    body = {"signals": signals, "category": "test"}
    answer = ask("POST", f"{circle}/assertions", SAY, json=body)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def find(ask: Ask, circle: str, number: int) -> dict[str, Any]:
    body = {"type": "sha256", "value": digest(number)}
    answer = ask("POST", f"{circle}/signals/find", READ, json=body)
    assert answer.status_code == 200, answer.text
    state: dict[str, Any] = answer.json()
    return state


def test_a_circle_is_founded_and_listed(ask: Ask, circle: str, other_member: int) -> None:
    read = ask("GET", circle, READ)
    facts = read.json()
    assert facts["standing"] == "home"
    assert (facts["members"], facts["statements"], facts["behind"]) == (1, 0, 0)
    assert facts["rules"]["signal_types"] == ["pdq", "sha256"]
    assert len(facts["home_key"]["arabic"].split()) == 8
    listed = ask("GET", CIRCLES, READ, params={"limit": 1000}).json()["items"]
    assert facts["circle_id"] in {one["circle_id"] for one in listed}
    assert ask("GET", circle, READ, headers={"if-none-match": read.headers["etag"]}).content == b""
    foreign = ask("GET", circle, READ, member_id=other_member)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "circle_missing")
    assert ask("GET", CIRCLES, READ, member_id=other_member).json()["items"] == []


def test_rules_that_contradict_each_other_found_nothing(ask: Ask) -> None:
    body = {"name": "Gulf", "organisation": ORGANISATION, "rules": {**RULES, "jurisdictions": 3}}
    answer = ask("POST", CIRCLES, WRITE, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "input_invalid")


def test_a_founding_that_is_sent_twice_is_done_once(
    anonymous: httpx.Client, make_api_key: Callable[..., str]
) -> None:
    name = f"G {secrets.token_hex(4)}"
    headers = {
        "authorization": f"Bearer {make_api_key(READ, WRITE)}",
        "idempotency-key": secrets.token_hex(8),
    }
    body = {"name": name, "organisation": ORGANISATION, "rules": RULES}
    first, again = (anonymous.post(CIRCLES, json=body, headers=headers) for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    listed = anonymous.get(CIRCLES, headers=headers, params={"limit": 1000}).json()["items"]
    assert [one["name"] for one in listed].count(name) == 1


def test_whoever_is_invited_applies_and_is_admitted(
    ask: Ask, circle: str, circles: Circles
) -> None:
    body = {"note": "Charity Y", "days": 3}
    made = ask("POST", f"{circle}/invitations", WRITE, json=body).json()
    assert made["invitation"].startswith("nahmi-invitation.")
    guest = Guest(circles, name_of(circle), "Charity Y", "GB")
    number = guest.applies("Charity Y")
    listed = ask("GET", f"{circle}/invitations", WRITE)
    assert made["invitation"] not in listed.text
    states = {one["number"]: one["state"] for one in listed.json()["items"]}
    assert sorted(states.values()) == ["applied", "open"]
    [applied] = [one for one in listed.json()["items"] if one["number"] == number]
    assert applied["applicant"]["name"] == "Charity Y"
    assert applied["applicant"]["key"]["kid"] == guest.kid
    admitted = ask("POST", f"{circle}/invitations/{number}/admit", WRITE)
    assert admitted.json()["state"] == "admitted"
    again = ask("POST", f"{circle}/invitations/{number}/admit", WRITE)
    assert (again.status_code, again.json()["code"]) == (422, "invitation_invalid")
    names = [one["member"]["name"] for one in ask("GET", f"{circle}/members", READ).json()["items"]]
    assert names == ["Hotline X", "Charity Y"]
    [other] = [one for one in states if one != number]
    assert ask("POST", f"{circle}/invitations/{other}/refuse", WRITE).json()["state"] == "refused"


def test_the_text_of_an_invitation_is_not_kept_for_a_repeat(
    anonymous: httpx.Client, make_api_key: Callable[..., str], circle: str
) -> None:
    headers = {
        "authorization": f"Bearer {make_api_key(WRITE)}",
        "idempotency-key": secrets.token_hex(8),
    }
    path = f"{circle}/invitations"
    first, again = (anonymous.post(path, json={}, headers=headers).json() for _ in range(2))
    assert first["invitation"].startswith("nahmi-invitation.")
    assert again == {**first, "invitation": None}


def test_what_is_no_invitation_joins_nothing(ask: Ask) -> None:
    body = {"invitation": "nahmi-invitation.nothing", "organisation": ORGANISATION}
    answer = ask("POST", f"{CIRCLES}/join", WRITE, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invitation_invalid")


def test_roles_change_only_as_the_caller_saw_them(ask: Ask, circle: str, guest: Guest) -> None:
    path = f"{circle}/members/{guest.org}"
    tag = {"if-match": ask("GET", path, READ).headers["etag"]}
    changed = ask("PATCH", path, WRITE, headers=tag, json={"roles": ["read"]})
    assert changed.json()["roles"] == ["read"]
    late = ask("PATCH", path, WRITE, headers=tag, json={"roles": ["read", "opine"]})
    assert late.status_code == 412
    assert ask("GET", path, READ).json()["roles"] == ["read"]
    missing = ask("PATCH", f"{circle}/members/nobody", WRITE, json={"roles": ["read"]})
    assert (missing.status_code, missing.json()["code"]) == (404, "member_missing")


def test_a_member_that_is_expelled_counts_no_longer(
    ask: Ask, circle: str, guest: Guest, circles: Circles
) -> None:
    guest.asserts(Signal("sha256", digest(1)))
    assert find(ask, circle, 1)["state"]["tier"] == "review"
    path = f"{circle}/members/{guest.org}/remove"
    gone = ask("POST", path, WRITE, json={"is_expelled": True}).json()
    assert gone["membership"] == "expelled"
    circles.keeping_up.rejudge(name_of(circle))
    assert find(ask, circle, 1)["state"]["tier"] == "withdrawn"
    assert guest.asserts(Signal("sha256", digest(2))).seq is None


def test_the_last_steward_cannot_go(ask: Ask, circle: str) -> None:
    own = ask("GET", circle, READ).json()["own_org"]
    answer = ask("POST", f"{circle}/members/{own}/remove", WRITE, json={})
    assert (answer.status_code, answer.json()["code"]) == (422, "roster_invalid")


def test_a_key_is_rotated(ask: Ask, circle: str) -> None:
    own = ask("GET", circle, READ).json()["own_org"]
    new = ask("POST", f"{circle}/keys/rotate", WRITE).json()
    keys = ask("GET", f"{circle}/members/{own}", READ).json()["keys"]
    assert [key["state"] for key in keys] == ["retired", "active"]
    assert keys[1]["key"]["kid"] == new["kid"]
    assert say(ask, circle, 1)["said"] == 1


def test_all_that_a_key_said_since_a_moment_is_undone(
    ask: Ask, circle: str, guest: Guest, circles: Circles
) -> None:
    guest.asserts(Signal("sha256", digest(1)))
    since = now()
    guest.asserts(Signal("sha256", digest(2)))
    both = {"kid": guest.kid, "from_place": 0, "from_moment": since.isoformat()}
    assert ask("POST", f"{circle}/keys/undo", WRITE, json=both).status_code == 422
    body = {"kid": guest.kid, "from_moment": since.isoformat()}
    undone = ask("POST", f"{circle}/keys/undo", WRITE, json=body).json()
    assert undone["org"] == guest.org
    assert undone["keys"][0]["state"] == "distrusted"
    circles.keeping_up.rejudge(name_of(circle))
    assert find(ask, circle, 1)["state"]["tier"] == "review"
    assert find(ask, circle, 2)["state"]["tier"] == "withdrawn"
    after_all = {"kid": guest.kid, "from_moment": (now() + timedelta(days=1)).isoformat()}
    late = ask("POST", f"{circle}/keys/undo", WRITE, json=after_all)
    assert late.status_code == 422  # what was taken back once does not count again


def test_what_is_said_twice_is_said_once(ask: Ask, circle: str) -> None:
    assert say(ask, circle, 1, 2) == {"said": 2, "is_waiting": False, "refused": 0, "reasons": []}
    assert say(ask, circle, 1, 2)["said"] == 0
    refused = ask(
        "POST",
        f"{circle}/assertions",
        SAY,
        json={"signals": [{"type": "sha256", "value": "none"}], "category": "test"},
    )
    assert refused.json()["code"] == "signal_invalid"


def test_what_the_rules_do_not_allow_is_refused_with_the_reason(ask: Ask, circle: str) -> None:
    body = {"signals": [{"type": "sha256", "value": digest(1)}], "category": "ncii"}
    answer = ask("POST", f"{circle}/assertions", SAY, json=body).json()
    assert (answer["said"], answer["refused"]) == (1, 1)
    assert len(answer["reasons"]) == 1


def test_disagreement_makes_a_signal_contested(ask: Ask, circle: str, guest: Guest) -> None:
    say(ask, circle, 1)
    own = ask("GET", circle, READ).json()["own_org"]
    guest.opines(own, Signal("sha256", digest(1)), -100, "A widely known picture.")
    [held] = ask("GET", f"{circle}/attention", READ).json()["items"]
    assert held["tier"] == "contested"
    state = ask("GET", f"{circle}/signals/{held['key']}", READ).json()
    assert state["claims"][0]["org"] == own
    assert [one["reason"] for one in state["opinions"]] == ["A widely known picture."]
    assert ask("GET", circle, READ).json()["signals"] == {"contested": 1}


def test_our_opinion_is_of_what_others_assert(ask: Ask, circle: str, guest: Guest) -> None:
    guest.asserts(Signal("sha256", digest(1)))
    key = find(ask, circle, 1)["state"]["key"]
    answer = ask("POST", f"{circle}/signals/{key}/opinion", OPINE, json={"value": 100})
    assert answer.json()["said"] == 1
    assert find(ask, circle, 1)["state"]["tier"] == "actionable"
    say(ask, circle, 2)
    own = find(ask, circle, 2)["state"]["key"]
    alone = ask("POST", f"{circle}/signals/{own}/opinion", OPINE, json={"value": 100})
    assert (alone.status_code, alone.json()["code"]) == (422, "statement_invalid")
    missing = ask("GET", f"{circle}/signals/{'0' * 32}", READ)
    assert (missing.status_code, missing.json()["code"]) == (404, "signal_missing")


def test_a_held_signal_is_let_through_and_held_again(ask: Ask, circle: str, guest: Guest) -> None:
    guest.asserts(Signal("pdq", digest(5)))
    key = find_pdq(ask, circle, digest(5))["state"]["key"]
    harmless = {"name": f"H_{secrets.token_hex(4).upper()}", "category": "must_not_match"}
    bank_id = ask("POST", "/api/v1/banks", P.PROTECT_BANK_WRITE, json=harmless).json()["bank_id"]
    entries = f"/api/v1/banks/{bank_id}/entries"
    added = ask(
        "POST",
        entries,
        P.PROTECT_ENTRY_WRITE,
        json={"signals": [{"type": "pdq", "value": digest(5)}]},
    )
    assert added.status_code == 201, added.text
    path = f"{circle}/signals/{key}"
    ask("POST", f"{path}/opinion", OPINE, json={"value": 10})
    [held] = ask("GET", f"{circle}/attention", READ).json()["items"]
    assert (held["tier"], held["held"]) == ("held", ["must_not_match"])
    through = ask("POST", f"{path}/let-through", OPINE).json()["state"]
    assert (through["tier"], through["is_let_through"]) == ("review", True)
    assert ask("POST", f"{path}/hold", OPINE).json()["state"]["tier"] == "held"
    ask("DELETE", f"/api/v1/banks/{bank_id}", P.PROTECT_BANK_WRITE)


def test_signals_are_read_page_by_page(ask: Ask, circle: str) -> None:
    say(ask, circle, *range(7))
    seen: list[str] = []
    cursor: str | None = None
    while cursor is not None or not seen:
        params = {"limit": "3"} | ({} if cursor is None else {"cursor": cursor})
        page = ask("GET", f"{circle}/signals", READ, params={**params, "tier": "review"}).json()
        seen += [one["signal"]["value"] for one in page["items"]]
        cursor = page["next"]
    assert sorted(seen) == sorted(digest(number) for number in range(7))
    wrong = ask("GET", f"{circle}/signals", READ, params={"cursor": "MTI="})
    assert wrong.json()["code"] == "input_invalid"


def test_a_withdrawal_shows_who_has_it_in_effect(ask: Ask, circle: str, guest: Guest) -> None:
    say(ask, circle, 1)
    body = {"signals": [{"type": "sha256", "value": digest(1)}], "reason": "court"}
    assert ask("POST", f"{circle}/retractions", SAY, json=body).json()["said"] == 1
    [one] = ask("GET", f"{circle}/withdrawals", READ).json()["items"]
    assert (one["reason"], one["acknowledged"], one["missing"]) == ("court", {}, [guest.org])
    guest.acknowledges()
    [one] = ask("GET", f"{circle}/withdrawals", READ).json()["items"]
    assert (list(one["acknowledged"]), one["missing"]) == ([guest.org], [])
    rows = ask("GET", f"{circle}/members", READ).json()["items"]
    assert rows[1]["behind"] == 0
    guest.asserts(Signal("sha256", digest(3)))
    guest.retracts(Signal("sha256", digest(3)))
    first = ask("GET", f"{circle}/withdrawals", READ, params={"limit": 1}).json()
    rest = ask("GET", f"{circle}/withdrawals", READ, params={"cursor": first["next"]}).json()
    places = [one["place"] for one in first["items"] + rest["items"]]
    assert len(places) == 2
    assert places[0] > places[1]


def test_the_log_is_read_from_its_beginning(ask: Ask, circle: str, guest: Guest) -> None:
    say(ask, circle, 1)
    first = ask("GET", f"{circle}/log", READ, params={"limit": 1}).json()
    rest = ask("GET", f"{circle}/log", READ, params={"cursor": first["next"]}).json()
    assert [one["kind"] for one in first["items"] + rest["items"]] == ["roster", "assert"]
    assert digest(1) not in json.dumps([first, rest])
    assert guest.org != first["items"][0]["org"]


def test_a_statement_is_proven_to_whoever_has_no_node(ask: Ask, circle: str) -> None:
    say(ask, circle, 1, 2, 3)
    answer = ask("GET", f"{circle}/log/1/proof", READ)
    proven = StatementProof.read(answer.content).check()
    assert (proven.size, proven.said.circle) == (3, name_of(circle))
    checked = ask("POST", f"{CIRCLES}/check-proof", READ, json=answer.json()).json()
    home_key = ask("GET", circle, READ).json()["home_key"]
    assert (checked["kind"], checked["log_key"]) == ("assert", home_key)
    spoilt = {**answer.json(), "place": 2}
    refused = ask("POST", f"{CIRCLES}/check-proof", READ, json=spoilt)
    assert (refused.status_code, refused.json()["code"]) == (422, "proof_invalid")
    beyond = ask("GET", f"{circle}/log/99/proof", READ)
    assert (beyond.status_code, beyond.json()["code"]) == (404, "statement_missing")


def test_a_log_that_never_contradicted_itself_has_no_evidence(ask: Ask, circle: str) -> None:
    assert ask("GET", f"{circle}/evidence", READ).json() == {"evidence": ""}
    assert ask("GET", f"{circle}/refused", READ).json() == {"items": []}


def ended(ask: Ask, job_id: int) -> dict[str, Any]:
    pause = Event()
    for _ in range(3000):
        job: dict[str, Any] = ask("GET", f"/api/v1/jobs/{job_id}", P.NODE_JOB_READ).json()
        if job["state"] not in {"waiting", "running"}:
            return job
        pause.wait(0.02)
    raise AssertionError("the job did not end")


def test_a_whole_bank_is_shared_checked_and_taken_back(
    ask: Ask, circle: str, bank: dict[str, Any]
) -> None:
    path = f"/api/v1/banks/{bank['bank_id']}"
    lines = "signal_type,value\n" + "".join(f"sha256,{digest(n)}\n" for n in range(4_500))
    sent = ask(
        "POST",
        f"{path}/import",
        P.PROTECT_ENTRY_WRITE,
        content=lines.encode(),
        headers={"content-type": "text/csv"},
    )
    assert ended(ask, sent.json()["job_id"])["result"]["added"] == 4_500
    shares = f"{circle}/banks/{bank['bank_id']}"
    shared = ended(ask, ask("POST", f"{shares}/share", SAY, json={}).json()["job_id"])
    assert (shared["state"], shared["done"]) == ("done", 4_500)
    assert shared["result"] == {"entries": 4_500, "said": 4_500, "refused": 0, "reasons": ""}
    again = ended(ask, ask("POST", f"{shares}/share", SAY, json={}).json()["job_id"])
    assert again["result"]["said"] == 0
    checked = ended(ask, ask("POST", f"{circle}/verify", READ).json()["job_id"])
    assert checked["result"] == {"statements": 4_500}
    back = ask("POST", f"{shares}/withdraw", SAY, json={"reason": "policy"}).json()
    assert ended(ask, back["job_id"])["result"]["said"] == 4_500
    assert ask("GET", circle, READ).json()["signals"] == {"withdrawn": 4_500}


def test_what_others_said_is_not_shared_again(ask: Ask, circle: str, guest: Guest) -> None:
    guest.asserts(Signal("pdq", digest(77)))
    entry = find_pdq(ask, circle, digest(77))["state"]["entry_id"]
    bank_id = ask("GET", f"/api/v1/entries/{entry}", P.PROTECT_ENTRY_READ).json()["bank_id"]
    other = found(ask)
    answer = ask("POST", f"{other}/banks/{bank_id}/share", SAY, json={})
    assert (answer.status_code, answer.json()["code"]) == (403, "statement_refused")


def find_pdq(ask: Ask, circle: str, value: str) -> dict[str, Any]:
    body = {"type": "pdq", "value": value}
    state: dict[str, Any] = ask("POST", f"{circle}/signals/find", READ, json=body).json()
    return state


class Line:
    """The line from the served node to a home beside it.

    Args:
        home: What the home does with circles.
        circle_id: The circle.
        kid: The key with which the node asks.
    """

    def __init__(self, home: Circles, circle_id: str, kid: str) -> None:
        self._home = home
        self._circle_id = circle_id
        self._kid = kid

    def _circle(self) -> Circle:
        return self._home.handing_out.admit(self._circle_id, self._kid)[0]

    def page(self, *, after: int, limit: int, wait_s: float) -> bytes:
        """See `Upstream.page`."""
        del wait_s
        return b"".join(self._home.handing_out.page(self._circle(), after=after, limit=limit))

    def consistency(self, old_size: int, new_size: int) -> Sequence[bytes]:
        """See `Upstream.consistency`."""
        return self._home.handing_out.consistency(self._circle(), old_size, new_size)

    def withdrawals(self, *, after: int, limit: int) -> Withdrawals:
        """See `Upstream.withdrawals`."""
        return self._home.handing_out.withdrawals(self._circle(), after=after, limit=limit)

    def submit(self, lines: Sequence[pages.Line]) -> Sequence[Taken]:
        """See `Upstream.submit`."""
        return self._home.hosting.accept(self._circle_id, lines)

    def receive(self, receipt: SignedReceipt) -> None:
        """See `Upstream.receive`."""
        self._home.receipts.receive(self._circle().number, receipt, now=now())


def test_what_waits_for_another_home_and_what_it_refuses_is_shown(
    ask: Ask, circles: Circles, tmp_path: Path
) -> None:
    init_node(tmp_path / "home").close()
    with open_circles(tmp_path / "home") as (_, home):
        organisation = Organisation(name="Home", sector=Sector.HOTLINE, country="GB")
        rules = Rules(signal_types=("sha256",), categories=(Category.TEST,))
        new = NewCircle(
            name="Elsewhere", url="https://home.example", organisation=organisation, rules=rules
        )
        made = home.founding.found(LOCAL, new)
        key = circles.keys.first(OWN_MEMBER)
        org = organisation_id(key.public.raw)
        member = member_of(
            organisation, org, [key.public], [CircleRole.CONTRIBUTE, CircleRole.READ]
        )
        home.stewarding.change(
            LOCAL,
            made.circle_id,
            lambda roster: msgspec.structs.replace(roster, members=(*roster.members, member)),
        )
        # An address that must not be called: the serving node fails before any socket.
        genesis = home.circles.genesis(made.number)
        circles.founding.take_over(LOCAL, genesis, "http://127.0.0.1:1", org=org)
        line, circle = Line(home, made.circle_id, key.public.kid), f"{CIRCLES}/{made.circle_id}"
        circles.keeping_up.round(made.circle_id, line)
        assert say(ask, circle, 1)["is_waiting"]
        wrong = {"signals": [{"type": "sha256", "value": digest(2)}], "category": "ncii"}
        assert ask("POST", f"{circle}/assertions", SAY, json=wrong).json()["is_waiting"]
        facts = ask("GET", circle, READ).json()
        assert (facts["standing"], facts["waiting"], facts["refused"]) == ("following", 2, 0)
        circles.keeping_up.round(made.circle_id, line)
        circles.keeping_up.round(made.circle_id, line)
        facts = ask("GET", circle, READ).json()
        assert (facts["waiting"], facts["refused"], facts["statements"]) == (0, 1, 2)
        [refused] = ask("GET", f"{circle}/refused", READ).json()["items"]
        assert refused["kind"] == "assert"
        assert refused["reason"]
        denied = ask("POST", f"{circle}/keys/rotate", WRITE)
        assert (denied.status_code, denied.json()["code"]) == (403, "circle_denied")
