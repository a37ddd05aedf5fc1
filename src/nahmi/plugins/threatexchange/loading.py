# SPDX-License-Identifier: Apache-2.0
"""Imports the classes that an operator named; the one place where `threatexchange` is imported."""

import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from nahmi.errors import ErrorCode, InputError

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


def library() -> Any:  # noqa: ANN401 - a module without types
    """The library, with the modules that are needed of it.

    Raises:
        InputError: EXTRA_MISSING.
    """
    try:
        for module in ("extensions.manifest", "signal_type.signal_base"):
            import_module(f"threatexchange.{module}")
        return import_module("threatexchange")
    except ImportError as error:
        raise InputError(
            ErrorCode.EXTRA_MISSING,
            "The plug-ins of this node need the library `threatexchange`.",
            hint="Run: pip install 'nahmi[threatexchange]'.",
        ) from error


def signal_type_classes(
    manifests: Iterable[str], signal_types: Iterable[str]
) -> dict[str, type[Any]]:
    """Signal types by name, in the order in which they were named.

    Args:
        manifests: Modules with a `TX_MANIFEST`.
        signal_types: `package.module:Class`, or `name=package.module:Class` for another name than
            the class gives itself.

    Raises:
        InputError: EXTRA_MISSING, or PLUGIN_INVALID: something cannot be loaded or is not what it
            should be.
    """
    base = library().signal_type.signal_base.SignalType
    found: dict[str, type[Any]] = {}
    for name, kind in _named(manifests, signal_types):
        _check_kind(name, kind, base, "SignalType")
        own = name or str(_asked(kind, "get_name"))
        if not _NAME.match(own):
            raise invalid(own, "its name must match [a-z][a-z0-9_]*")
        if found.setdefault(own, kind) is not kind:
            raise invalid(own, "two classes have this name", "Give one another: name=module:Class.")
    return found


def manifests_of(modules: Iterable[str]) -> Iterator[Any]:
    """The manifests of some modules, ready to be used.

    Raises:
        InputError: EXTRA_MISSING, or PLUGIN_INVALID: a module has none, or it does not work.
    """
    kind = library().extensions.manifest.ThreatExchangeExtensionManifest
    for module in modules:
        manifest = getattr(imported(module), "TX_MANIFEST", None)
        if not isinstance(manifest, kind):
            raise invalid(module, "it has no TX_MANIFEST")
        _asked(manifest, "bootstrap")
        _asked(manifest, "verify")
        yield manifest


def invalid(name: str, reason: str, hint: str = "") -> InputError:
    """The error for a plug-in that cannot be used."""
    return InputError(
        ErrorCode.PLUGIN_INVALID,
        f"The plug-in {name!r} cannot be used: {reason}.",
        hint=hint or "Correct [threatexchange] in node.toml, or the package that it names.",
    )


def _named(manifests: Iterable[str], classes: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Classes with the names that the operator gave them; empty where none was given."""
    for manifest in manifests_of(manifests):
        for one in manifest.signal_types:
            yield "", one
    for text in classes:
        name, _, place = text.rpartition("=")
        module, _, attribute = place.partition(":")
        yield name.strip(), getattr(imported(module.strip()), attribute.strip(), None)


def imported(module: str) -> Any:  # noqa: ANN401 - a module of a third party
    """A module of a third party.

    Raises:
        InputError: PLUGIN_INVALID: there is none, or it fails while it is imported.
    """
    try:
        return import_module(module)
    except (Exception, SystemExit) as error:  # a plug-in may fail in any way
        raise invalid(module, f"{type(error).__name__} while it was imported") from error


def _asked(thing: Any, method: str) -> object:  # noqa: ANN401 - of a third party
    try:
        return getattr(thing, method)()
    except (Exception, SystemExit) as error:
        name = getattr(thing, "__name__", type(thing).__name__)
        raise invalid(name, f"{type(error).__name__} in {method}") from error


def _check_kind(name: str, kind: object, base: type[Any], word: str) -> None:
    if not (isinstance(kind, type) and issubclass(kind, base)):
        shown = name or getattr(kind, "__name__", type(kind).__name__)
        raise invalid(shown, f"it is no {word}")
