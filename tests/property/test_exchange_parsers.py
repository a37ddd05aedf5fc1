# SPDX-License-Identifier: Apache-2.0
"""Whatever an exchange answers is read, set aside or refused, and nothing else happens."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nahmi.core.opinion import Stance
from nahmi.errors import ErrorCode, WireError
from nahmi.testing.fake_exchanges import FakeNcmec
from nahmi.testing.fake_exchanges.ncmec import REASONS, FakeEntry
from nahmi.testing.loopback import Asked
from nahmi.wire.exchanges import plain_json
from nahmi.wire.exchanges.moments import read_utc, seconds_of, to_utc, write_utc
from nahmi.wire.exchanges.ncmec import documents as ncmec
from nahmi.wire.exchanges.ncmec import records as ncmec_records
from nahmi.wire.exchanges.ncmec.types import SIGNAL_TYPES, type_of
from nahmi.wire.exchanges.ncmec.windows import FULL, Pace
from nahmi.wire.exchanges.safe_xml import read_xml
from nahmi.wire.exchanges.settling import settled
from nahmi.wire.exchanges.stopncii import documents as stopncii
from nahmi.wire.exchanges.tat import documents as tat
from nahmi.wire.exchanges.threatexchange import documents as threatexchange
from nahmi.wire.exchanges.threatexchange import records as threatexchange_records

KNOWN = frozenset({"md5", "sha1", "sha256", "pdq", "url"})
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
NUMBERS = st.integers(-(2**63), 2**63) | st.floats()
PLAIN = st.none() | st.booleans() | NUMBERS | TEXTS
ANYTHING = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)
)
SECONDS = st.integers(0, 253_402_300_799)


def refused(read: Callable[[bytes], object], data: bytes) -> bool:
    """Whether it is refused with one of our errors; any other exception fails the test."""
    try:
        read(data)
    except WireError as error:
        return error.code is ErrorCode.EXCHANGE_MALFORMED or pytest.fail(str(error.code))
    return False


READERS = [
    ncmec.read_page,
    ncmec.read_status,
    ncmec.read_reasons,
    stopncii.read_page,
    threatexchange.read_page,
    threatexchange.read_indicator,
    tat.read_page,
    tat.read_token,
]


@pytest.mark.parametrize("read", READERS)
@given(data=st.binary(max_size=200) | TEXTS.map(str.encode))
def test_no_reader_breaks_on_nonsense(read: Callable[[bytes], object], data: bytes) -> None:
    refused(read, data)


@given(SECONDS)
def test_moments_are_read_as_they_are_written(seconds: int) -> None:
    text = write_utc(seconds)
    assert read_utc(text) == seconds == seconds_of(to_utc(seconds))
    assert read_utc(text.replace("Z", ".000Z")) == seconds
    assert datetime.fromisoformat(text).timestamp() == seconds


@given(TEXTS | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}.{0,8}"))
def test_what_is_no_moment_is_none(text: str) -> None:
    seconds = read_utc(text)
    assert seconds is None or text.strip().endswith("Z")


NAMES = st.from_regex(r"\A[a-z][a-z0-9-]{0,8}\Z")
TREES = st.recursive(
    st.tuples(NAMES, st.dictionaries(NAMES, TEXTS, max_size=3), TEXTS, st.just([])),
    lambda inner: st.tuples(
        NAMES, st.dictionaries(NAMES, TEXTS, max_size=3), TEXTS, st.lists(inner, max_size=3)
    ),
    max_leaves=8,
)
BENIGN = str.maketrans("", "", "".join(map(chr, range(32))) + "\x7f\ufffe\uffff")


def as_xml(tree: tuple) -> str:  # type: ignore[type-arg]  # of itself
    from xml.sax.saxutils import escape, quoteattr  # noqa: PLC0415 - the writer of this test alone

    name, attributes, text, children = tree
    told = "".join(f" {key}={quoteattr(plain(value))}" for key, value in attributes.items())
    inner = escape(plain(text)) + "".join(map(as_xml, children))
    return f"<x:{name}{told}>{inner}</x:{name}>"


def plain(text: str) -> str:
    return " ".join(text.translate(BENIGN).replace("\x85", "").split())


def same(element: object, tree: tuple) -> bool:  # type: ignore[type-arg]  # of itself
    name, attributes, text, children = tree
    return (
        (element.namespace, element.name) == ("urn:x", name)
        and element.attributes == {key: plain(value) for key, value in attributes.items()}
        and " ".join(element.text.split()) == plain(text)
        and all(map(same, element.children, children))
        and len(element.children) == len(children)
    )


@given(TREES)
def test_xml_is_read_as_it_was_written(tree: tuple) -> None:  # type: ignore[type-arg]  # of itself
    text = as_xml(tree)
    opening = f"<x:{tree[0]}"
    document = text.replace(opening, f'{opening} xmlns:x="urn:x"', 1)
    assert same(read_xml(document.encode()), tree)


ATTACKS = {
    "laughs": '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>',
    "file": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "parameter": '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://a.example/"> %b;]><a/>',
    "external type": '<!DOCTYPE a SYSTEM "http://a.example/a.dtd"><a/>',
    "empty type": "<!DOCTYPE a><a/>",
    "unknown entity": "<a>&b;</a>",
    "deep": "<a>" * 100 + "</a>" * 100,
    "unbound prefix": "<b:a/>",
    "two roots": "<a/><a/>",
    "unknown encoding": '<?xml version="1.0" encoding="klingon"?><a/>',
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_xml_that_does_more_than_hold_text_is_refused(attack: str) -> None:
    assert refused(read_xml, attack.encode())


@pytest.fixture(scope="module")
def program() -> Iterator[FakeNcmec]:
    with FakeNcmec() as program:
        yield program


WORDS = st.from_regex(r"\A[A-Za-z0-9<&\"' ]{1,10}\Z").map(str.strip).filter(bool)
MEMBERS = st.sampled_from(["1", "42", "43"])
VOTES = st.lists(
    st.tuples(st.sampled_from(["Md5", "Sha1"]), MEMBERS, st.sampled_from(["", *REASONS])),
    max_size=4,
)
ENTRIES = st.builds(
    FakeEntry,
    member=MEMBERS,
    name=WORDS,
    at=st.integers(0, 2_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    prints=st.dictionaries(st.sampled_from(["md5", "sha1", "pdq", "tmk-pdqf", "new"]), WORDS),
    is_gone=st.booleans(),
    is_video=st.booleans(),
    votes=VOTES,
    extra=st.sampled_from(["", "<colour>blue</colour>", '<a xmlns="urn:b"><c/></a>']),
)


@pytest.mark.enable_socket  # the program listens, but nobody calls
@given(entries=st.lists(ENTRIES, max_size=5), cut=st.floats(0, 1), garble=st.integers(0, 255))
def test_a_page_of_ncmec_is_read_as_it_was_written(
    program: FakeNcmec, entries: list[FakeEntry], cut: float, garble: int
) -> None:
    program.entries = entries
    headers = {"authorization": "Basic dXNlcjpwYXNzOndvcmQ="}
    path = "/hashsharing/v2/entries?from=1970-01-01T00:00:00Z&to=2099-01-01T00:00:00Z"
    written = BytesIO()
    program.answer(Asked("GET", path, headers, b""))(Asked("", "", {}, b""), written)
    data = written.getvalue().partition(b"\r\n\r\n")[2]
    page = ncmec.read_page(data)
    assert page.unreadable == ()
    assert sorted(map(told, page.entries)) == sorted(map(meant, entries))
    for entry in page.entries:
        record = ncmec_records.record_of(entry, known=KNOWN, own_id="1")
        assert ncmec_records.entry_of(record.key, record.body or "") == entry
    at = int(cut * (len(data) - 1))
    if cut < 1 and data[:at].strip():
        assert refused(ncmec.read_page, data[:at])
    refused(ncmec.read_page, data[:at] + bytes([garble]) + data[at + 1 :])


def told(entry: ncmec.NcmecEntry) -> tuple[object, ...]:
    values = {one.type: one.value for one in entry.prints if not one.href}
    votes = [(one.type, one.member.member_id, one.reason_id, one.stance) for one in entry.votes]
    return (
        entry.member.member_id,
        entry.entry_id,
        entry.changed_s,
        entry.is_gone,
        entry.is_video,
        str(sorted(values.items())),
        str(sorted(votes)),
        len(entry.prints),
        len(entry.other),
    )


def meant(entry: FakeEntry) -> tuple[object, ...]:
    is_gone = entry.is_gone
    prints = {} if is_gone else entry.prints
    values = {type_of(tag): value for tag, value in prints.items() if tag != "tmk-pdqf"}
    votes = [
        (type_of(kind), member, why, Stance.DISAGREES if why else Stance.AGREES)
        for kind, member, why in ([] if is_gone else entry.votes)
    ]
    return (
        entry.member,
        entry.name,
        int(entry.at.timestamp()),
        is_gone,
        entry.is_video,
        str(sorted(values.items())),
        str(sorted(votes)),
        len(prints),
        0 if is_gone else bool(entry.extra),
    )


@pytest.mark.parametrize("name", SIGNAL_TYPES)
def test_a_type_has_one_spelling(name: str) -> None:
    tag = name.lower().replace("_", "-")
    assert type_of(tag) == type_of(name.title().replace("_", "")) == type_of(name) == name


HASH_RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "lastModtimestamp": PLAIN | st.integers(0, 2**40),
        "signalType": PLAIN | st.sampled_from(list(stopncii.SIGNAL_TYPES)),
        "hashValue": PLAIN,
        "hashStatus": PLAIN | st.sampled_from(["Active", "Withdrawn", "Undefined"]),
        "CSPFeedbacks": ANYTHING
        | st.lists(
            st.fixed_dictionaries(
                {}, optional={"source": ANYTHING, "feedbackValue": ANYTHING, "tags": ANYTHING}
            )
        ),
        "new": ANYTHING,
    },
)


@given(st.lists(HASH_RECORDS | ANYTHING, max_size=4), st.integers(0, 2**40), TEXTS)
def test_every_hash_of_stopncii_is_kept_or_set_aside(
    records: list[object], since: int, token: str
) -> None:
    answer = {
        "hashRecords": records,
        "nextSetTimestamp": since,
        "nextPageToken": token or None,
        "hasMoreRecords": bool(token),
    }
    page = stopncii.read_page(msgspec.json.encode(answer))
    assert (page.token, page.next_since) == (token, since)
    assert len(page.records) + len(page.unreadable) == len(records)
    for one in page.records:
        record = stopncii.fetched(one, known=KNOWN, own="us")
        assert (record.body is None) == one.is_gone
        if record.body is not None:
            assert stopncii.record_from(record.key, record.body) == one
    for odd in page.unreadable:
        assert plain_json.quarantined(odd, "record").is_refused


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            [
                "hashRecords",
                "nextSetTimestamp",
                "nextPageToken",
                "hasMoreRecords",
                "data",
                "paging",
                "results",
                "next",
                "checkpoint",
                "token",
            ],
            ANYTHING,
        ),
    )
)
def test_answers_of_another_form_are_refused_as_a_whole(answer: dict[str, object]) -> None:
    for read in READERS[3:]:
        refused(read, msgspec.json.encode(answer))


DESCRIPTORS = st.fixed_dictionaries(
    {},
    optional={
        "id": PLAIN,
        "owner": ANYTHING | st.fixed_dictionaries({"id": PLAIN}),
        "status": PLAIN | st.sampled_from(["MALICIOUS", "NON_MALICIOUS"]),
        "tags": ANYTHING,
        "reactions": ANYTHING
        | st.lists(st.fixed_dictionaries({"key": PLAIN, "value": PLAIN}), max_size=3),
    },
)
UPDATES = st.fixed_dictionaries(
    {},
    optional={
        "id": PLAIN,
        "indicator": PLAIN,
        "type": PLAIN | st.sampled_from(["HASH_PDQ", "DEBUG_STRING", "URI"]),
        "last_updated": PLAIN | st.integers(0, 2**40),
        "should_delete": PLAIN,
        "descriptors": ANYTHING | st.lists(DESCRIPTORS, max_size=3),
    },
)


@given(st.lists(UPDATES | ANYTHING, max_size=4))
def test_every_update_of_threatexchange_is_kept_or_set_aside(updates: list[object]) -> None:
    page = threatexchange.read_page(msgspec.json.encode({"data": updates}))
    assert len(page.indicators) + len(page.unreadable) == len(updates)
    for one in page.indicators:
        record = threatexchange_records.record_of(one, known=KNOWN, own_id="1")
        assert threatexchange_records.indicator_from(record.key, record.body or "") == one
        assert one.seen_with(None) == one


@given(TEXTS.map(lambda text: "".join(filter(str.isalnum, text))), st.integers(0, 3))
def test_a_token_is_taken_out_of_an_address_and_nothing_else(secret: str, place: int) -> None:
    parameters = ["a=b", "fields=x%2Cy{z}", "after=QVFI%3D"]
    told = [*parameters]
    told.insert(place, f"access_token=1%7C{secret}")
    address = "https://a.example/v/1/?"
    assert threatexchange.without_token(address + "&".join(told)) == address + "&".join(parameters)


DIGESTS = st.fixed_dictionaries(
    {},
    optional={
        "hash_digest": PLAIN,
        "algorithm": PLAIN | st.sampled_from(["MD5", "SHA-256", "PDQ"]),
        "ideology": ANYTHING,
        "file_type": PLAIN,
        "deleted": PLAIN,
        "updated_on": PLAIN | st.floats(0, 2**40),
        "id": PLAIN,
    },
)


@given(st.lists(DIGESTS | ANYTHING, max_size=4), TEXTS, TEXTS)
def test_every_digest_of_the_list_is_kept_or_set_aside(
    results: list[object], following: str, checkpoint: str
) -> None:
    answer = {"results": results, "next": following or None, "checkpoint": checkpoint}
    page = tat.read_page(msgspec.json.encode(answer))
    assert (page.next, page.checkpoint) == (following, checkpoint)
    assert len(page.digests) + len(page.unreadable) == len(results)
    for one in page.digests:
        record = tat.record_of(one, known=KNOWN)
        again = tat.digest_from(record.key, record.body or "")
        assert again is not None
        assert (again.key, again.changed_s, again.is_gone) == (one.key, one.changed_s, one.is_gone)


class Version(msgspec.Struct, frozen=True):
    key: str
    changed_s: float
    is_gone: bool


VERSIONS = st.builds(Version, st.sampled_from("abc"), st.integers(0, 3), st.booleans())


@given(st.lists(VERSIONS, max_size=12), st.randoms(use_true_random=False), st.integers(0, 12))
def test_order_repetition_and_pages_change_nothing(
    versions: list[Version], order: object, at: int
) -> None:
    wanted = {one.key: one for one in settled(versions)}
    mixed = versions * 2
    order.shuffle(mixed)  # type: ignore[attr-defined]  # a Random
    assert {one.key: one for one in settled(mixed)} == wanted
    first, rest = mixed[:at], mixed[at:]
    assert {one.key: one for one in settled([*settled(first), *settled(rest)])} == wanted


@given(st.integers(1, 2**31), st.lists(st.integers(0, 3 * FULL), max_size=60), st.integers(0, 9))
def test_windows_always_get_on(room: int, counts: list[int], newest: int) -> None:
    """Each window is at least a second and no longer than what is left; a cut one is shorter."""
    pace, drained = Pace(), 0
    for count in counts:
        if drained >= room:
            break
        length = pace.length(room - drained)
        assert 1 <= length <= room - drained
        cut = pace.narrower(length, count, length * newest // 9)
        if cut is not None:
            assert 1 <= cut.seconds < length
            pace = cut
            continue
        drained += length
        pace = pace.after(length, count)
        assert pace.seconds >= 0
