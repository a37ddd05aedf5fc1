# SPDX-License-Identifier: Apache-2.0
"""Finds an exchange's class and makes it ready to fetch."""

import dataclasses
import json
import typing
from collections.abc import Iterator, Mapping
from enum import Enum
from importlib import import_module
from typing import Any, Final

from nahmi.errors import ErrorCode, InputError
from nahmi.plugins.threatexchange.exchanges.corrections import corrected
from nahmi.plugins.threatexchange.exchanges.messages import Open
from nahmi.plugins.threatexchange.loading import (
    imported,
    invalid,
    library,
    manifests_of,
    signal_type_classes,
)

_IMPL: Final = "threatexchange.exchanges.impl"
_SHIPPED: Final = (
    "fb_threatexchange_api:FBThreatExchangeSignalExchangeAPI",
    "file_api:LocalFileSignalExchangeAPI",
    "ncmec_api:NCMECSignalExchangeAPI",
    "static_sample:StaticSampleSignalExchangeAPI",
    "stop_ncii_api:StopNCIISignalExchangeAPI",
    "techagainstterrorism_api:TATSignalExchangeAPI",
)
_OWN_TYPES: Final = {
    "pdq": "threatexchange.signal_type.pdq.signal:PdqSignal",
    "url": "threatexchange.signal_type.url:URLSignal",
    "md5": "threatexchange.signal_type.md5:VideoMD5Signal",
    "sha256": "threatexchange.signal_type.sha256:VideoSHA256Signal",
}
"""Our signal types that the library has a class for, unless the operator loads that class."""

_HINT: Final = "Correct the exchange in node.toml, or the package that it names."


def types_of(opening: Open) -> dict[str, type[Any]]:
    """The signal types to ask an exchange for, by our names.

    Raises:
        InputError: EXTRA_MISSING or PLUGIN_INVALID.
    """
    loaded = signal_type_classes(opening.manifests, opening.signal_types)
    taken = set(loaded.values())
    for name, place in _OWN_TYPES.items():
        kind = _at(place)
        if kind is not None and kind not in taken:
            loaded.setdefault(name, kind)
    return loaded


def exchange_class(opening: Open) -> type[Any]:
    """The class of an exchange.

    Raises:
        InputError: EXTRA_MISSING, or PLUGIN_INVALID: there is none of this name or place.
    """
    library()
    base = import_module("threatexchange.exchanges.signal_exchange_api").SignalExchangeAPI
    if ":" in opening.api:
        module, _, name = opening.api.partition(":")
        found = getattr(imported(module.strip()), name.strip(), None)
    else:
        found = next((kind for kind in _named(opening) if kind.get_name() == opening.api), None)
    if not (isinstance(found, type) and issubclass(found, base)):
        raise invalid(opening.api, "there is no such exchange", _HINT)
    return corrected(found)


def collaboration(kind: type[Any], opening: Open) -> Any:  # noqa: ANN401 - of a third party
    """The configuration of an exchange.

    Raises:
        InputError: PLUGIN_INVALID: a field is missing, unknown or of the wrong kind.
    """
    made = kind.get_config_cls()
    fields = {field.name: field for field in dataclasses.fields(made) if field.init}
    given = {"name": opening.name, "api": kind.get_name(), "enabled": True}
    values = {name: value for name, value in given.items() if name in fields} | opening.config
    for name in values:
        if name not in fields:
            raise invalid(opening.name, f"its config has no field {name!r}", _HINT)
    for name, field in fields.items():
        is_needed = (
            field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        )
        if is_needed and name not in values:
            raise invalid(opening.name, f"its config lacks the field {name!r}", _HINT)
    return _loaded(made, _by_name(made, values), opening.name)


def opened(kind: type[Any], collab: Any, opening: Open) -> Any:  # noqa: ANN401 - of a third party
    """An exchange that has signed in, or can.

    Raises:
        InputError: PLUGIN_INVALID: it needs credentials, takes none, or refuses those given.
    """
    auth = import_module("threatexchange.exchanges.auth")
    takes_credentials = issubclass(kind, auth.SignalExchangeWithAuth)
    if not takes_credentials:
        if opening.credentials is not None:
            raise invalid(opening.name, "it takes no credentials", _HINT)
        return kind.for_collab(collab)
    if opening.credentials is None:
        raise invalid(opening.name, "it needs credentials", "Name its credentials_file.")
    try:
        credentials = _credentials(kind.get_credential_cls(), opening.credentials)
        is_valid = credentials is not None and credentials._are_valid()  # noqa: SLF001 - its own way
    except Exception:  # noqa: BLE001 - of a third party; its text may hold the credentials
        is_valid = False
    if not is_valid:
        raise _refused(opening)
    try:
        return kind.for_collab(collab, credentials)
    except auth.SignalExchangeAPIInvalidAuthException:
        raise _refused(opening) from None


def _refused(opening: Open) -> InputError:
    return invalid(
        opening.name,
        "its credentials are refused",
        "Correct the file that credentials_file names.",
    )


def _credentials(kind: type[Any], text: str) -> Any:  # noqa: ANN401 - of a third party
    """Credentials from a file: JSON with their fields, or the text that the library takes."""
    if text.lstrip().startswith("{"):
        return import_module("threatexchange.utils.dataclass_json").dataclass_load_dict(
            json.loads(text), kind
        )
    return kind._from_str(text.strip())  # noqa: SLF001 - the library's own way


def _loaded(made: type[Any], values: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401
    load = import_module("threatexchange.utils.dataclass_json").dataclass_load_dict
    try:
        return load(dict(values), made)
    except Exception as error:  # noqa: BLE001 - whatever a class makes of a wrong value
        path = getattr(error, "field_path", None)
        what = f"the field {path!r} of its config" if path else "its config"
        raise invalid(name, f"{what} has a wrong value", _HINT) from None


def _by_name(made: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of enumerations may be written by name."""
    kinds = typing.get_type_hints(made)
    found = dict(values)
    for name, value in values.items():
        kind = kinds.get(name)
        if isinstance(kind, type) and issubclass(kind, Enum) and value in kind.__members__:
            found[name] = kind[value].value
    return found


def _named(opening: Open) -> Iterator[type[Any]]:
    for manifest in manifests_of(opening.manifests):
        yield from manifest.apis
    for place in _SHIPPED:
        kind = _at(f"{_IMPL}.{place}")
        if kind is not None:
            yield kind


def _at(place: str) -> Any:  # noqa: ANN401 - a class of the library
    """A class of the library; None where its version does not have it."""
    module, _, name = place.partition(":")
    try:
        return getattr(import_module(module), name, None)
    except ImportError:
        return None


def missing_file() -> InputError:
    """The error for credentials that cannot be read."""
    return InputError(
        ErrorCode.FILE_UNREADABLE,
        "The file with the credentials of an exchange cannot be read.",
        hint="See credentials_file in node.toml.",
    )
