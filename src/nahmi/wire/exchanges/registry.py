# SPDX-License-Identifier: Apache-2.0
"""Which kinds of exchanges there are: nahmi's own, and those of packages that offer more.

A kind of our own is one package beside this file and one line below. A package of somebody else
offers one as an entry point of the group `nahmi.exchanges`. A kind is imported when it is needed.
"""

from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Final

import msgspec

from nahmi.errors import ErrorCode, InputError
from nahmi.operate.exchange_settings import DirectExchangeSettings
from nahmi.wire.exchanges.kind import Kind

GROUP: Final = "nahmi.exchanges"
"""The entry-point group of kinds that other packages offer."""

_OWN: Final = {
    "misp": "nahmi.wire.exchanges.misp:Misp",
    "misp-feed": "nahmi.wire.exchanges.misp:MispFeed",
    "ncmec": "nahmi.wire.exchanges.ncmec:Ncmec",
    "stopncii": "nahmi.wire.exchanges.stopncii:StopNcii",
    "tat": "nahmi.wire.exchanges.tat:Tat",
    "taxii": "nahmi.wire.exchanges.taxii:Taxii",
    "threatexchange": "nahmi.wire.exchanges.threatexchange:ThreatExchange",
}


def kind_names() -> Sequence[str]:
    """All kinds on offer, sorted; nothing is imported."""
    return sorted({*_OWN, *(point.name for point in entry_points(group=GROUP))})


def kind_of(settings: DirectExchangeSettings) -> Kind:
    """The kind of an exchange.

    Raises:
        InputError: INPUT_INVALID: there is none. PLUGIN_INVALID: its package cannot be used.
    """
    if settings.kind in _OWN:
        module, _, name = _OWN[settings.kind].partition(":")
        made: Kind = getattr(import_module(module), name)()
        return made
    offers = list(entry_points(group=GROUP, name=settings.kind))
    if not offers:
        raise _unusable(settings, f"it has no kind, or one that is not known. Known: {_known()}")
    try:
        foreign: Kind = offers[0].load()()
    except (Exception, SystemExit) as error:
        raise InputError(
            ErrorCode.PLUGIN_INVALID,
            f"The kind of the exchange {settings.name!r} cannot be loaded "
            f"({type(error).__name__}).",
            hint="Correct or uninstall the package that provides it.",
        ) from error
    return foreign


def options_of(settings: DirectExchangeSettings, kind: Kind) -> Any:  # noqa: ANN401 - the kind's own
    """What the operator set for a kind.

    Raises:
        InputError: INPUT_INVALID: an unknown name, or a value of another form.
    """
    try:
        return msgspec.convert(settings.options, kind.options)
    except msgspec.ValidationError as error:
        raise _unusable(settings, f"in its options, {error}") from None


def address_of(settings: DirectExchangeSettings, kind: Kind, options: Any) -> str:  # noqa: ANN401
    """Where an exchange is.

    Raises:
        InputError: INPUT_INVALID: nobody says.
    """
    found = settings.base_url or kind.base_url(options)
    if not found:
        raise _unusable(settings, "its kind wants a base_url")
    return found.rstrip("/")


def check_exchange(settings: DirectExchangeSettings) -> Kind:
    """Refuse an exchange that cannot be used as it is set; nothing is called and no file read.

    Raises:
        InputError: INPUT_INVALID or PLUGIN_INVALID.
    """
    kind = kind_of(settings)
    address_of(settings, kind, options_of(settings, kind))
    return kind


def _known() -> str:
    return ", ".join(kind_names())


def _unusable(settings: DirectExchangeSettings, why: str) -> InputError:
    return InputError(
        ErrorCode.INPUT_INVALID,
        f"The exchange {settings.name!r} cannot be used: {why.rstrip('.')}.",
        hint="docs/how-to/connect-exchanges.md says what each kind wants.",
    )
