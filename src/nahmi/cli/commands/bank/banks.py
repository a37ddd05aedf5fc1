# SPDX-License-Identifier: Apache-2.0
"""Making, changing and deleting banks."""

from typing import Annotated, Any

import msgspec
import typer

from nahmi.bootstrap import Node, open_node, open_to_ask
from nahmi.cli.commands.bank.categories import agreed_category, category_named
from nahmi.cli.options import BankName, Json, choice, emit, now, table
from nahmi.core.bank import Action, Bank, Category, CropPolicy
from nahmi.core.member import OWN_MEMBER
from nahmi.errors import ErrorCode, StoreError
from nahmi.protect.ports import BankChanges, BankDraft

Limit = Annotated[
    int | None, typer.Option("--limit", min=0, max=63, help="Bits that may differ in a match.")
]
CategoryName = Annotated[
    str | None,
    typer.Option(
        help="What its content is: " + ", ".join(Category) + ", or A1 to B2.", metavar="NAME"
    ),
]
Actions = Annotated[
    list[str] | None,
    typer.Option("--action", help="What a match asks for: log, review, hold, block. Repeatable."),
]
Crops = Annotated[
    str | None,
    typer.Option(help="Crops to enrol beside each picture: none, centre, centre_and_corners."),
]
Labels = Annotated[list[str] | None, typer.Option("--label", help="A free word. Repeatable.")]


def create(  # noqa: PLR0913 - each is an option of its own
    ctx: typer.Context,
    bank: BankName,
    *,
    category: CategoryName = None,
    action: Actions = None,
    limit: Limit = None,
    crops: Crops = None,
    label: Labels = None,
    as_json: Json = False,
) -> None:
    """Make a bank. Its name is in capitals, such as HOTLINE_2026."""
    changes = _changes(category=category, action=action, limit=limit, crops=crops, label=label)
    with open_node(ctx.obj) as node:
        labels = changes.labels or ()
        draft = BankDraft(
            name=bank,
            category=agreed_category(changes.category, labels, node.folder.category_rules()),
            **{
                name: value
                for name in ("actions", "limit_bits", "crops", "labels")
                if (value := getattr(changes, name)) is not None
            },
        )
        made = node.store.create_bank(draft, now=now())
        _print(node, [made], as_json=as_json)


def list_(
    ctx: typer.Context,
    *,
    deleted: Annotated[bool, typer.Option("--deleted", help="Deleted banks as well.")] = False,
    as_json: Json = False,
) -> None:
    """List the banks."""
    with open_to_ask(ctx.obj) as node:
        _print(
            node, node.store.banks(include_deleted=deleted, member_id=OWN_MEMBER), as_json=as_json
        )


def show(ctx: typer.Context, bank: BankName, *, as_json: Json = False) -> None:
    """Show one bank."""
    with open_to_ask(ctx.obj) as node:
        _print(node, [node.store.bank(bank)], as_json=as_json)


def update(  # noqa: PLR0913 - each is an option of its own
    ctx: typer.Context,
    bank: BankName,
    *,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    category: CategoryName = None,
    action: Actions = None,
    limit: Limit = None,
    crops: Crops = None,
    label: Labels = None,
    enabled: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Whether it matches.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Change a bank; what you do not name stays as it is."""
    changes = _changes(category=category, action=action, limit=limit, crops=crops, label=label)
    changes = msgspec.structs.replace(changes, name=name, is_enabled=enabled)
    with open_node(ctx.obj) as node:
        _print(node, [node.store.update_bank(bank, changes)], as_json=as_json)


def delete(ctx: typer.Context, bank: BankName, *, as_json: Json = False) -> None:
    """Delete a bank: its entries stop matching at once. `restore` undoes it."""
    with open_node(ctx.obj) as node:
        gone = node.store.delete_bank(bank, now=now())
        node.catch_up()
        _print(node, [gone], as_json=as_json)


def restore(ctx: typer.Context, bank: BankName, *, as_json: Json = False) -> None:
    """Bring a deleted bank back, the one that was deleted last if there are several."""
    with open_node(ctx.obj) as node:
        gone = [
            (item.deleted_at, item.bank_id)
            for item in node.store.banks(include_deleted=True, member_id=OWN_MEMBER)
            if item.name == bank and item.deleted_at is not None
        ]
        if not gone:
            raise StoreError(
                ErrorCode.BANK_MISSING,
                "There is no deleted bank of that name.",
                hint="See nahmi bank list --deleted.",
            )
        back = node.store.restore_bank(max(gone)[1])
        node.catch_up()
        _print(node, [back], as_json=as_json)


def _changes(
    *,
    category: str | None,
    action: list[str] | None,
    limit: int | None,
    crops: str | None,
    label: list[str] | None,
) -> BankChanges:
    return BankChanges(
        category=category_named(category) if category else None,
        actions=tuple(choice(item, Action, "An action") for item in action) if action else None,
        limit_bits=limit,
        crops=choice(crops, CropPolicy, "The crops") if crops else None,
        labels=tuple(label) if label else None,
    )


def _print(node: Node, banks: Any, *, as_json: bool) -> None:  # noqa: ANN401 - Sequence[Bank]
    counts = [0 if item.deleted_at else node.store.count_entries(item.bank_id) for item in banks]
    if as_json:
        rows = [
            msgspec.to_builtins(item) | {"entries": count}
            for item, count in zip(banks, counts, strict=True)
        ]
        emit("banks/1", {"banks": rows})
    elif not banks:
        typer.echo("There are no banks yet. Make one: nahmi bank create NAME --category test")
    else:
        head = ("BANK", "CATEGORY", "ACTIONS", "LIMIT", "CROPS", "ENTRIES", "STATE")
        table([head, *(_row(item, count) for item, count in zip(banks, counts, strict=True))])


def _row(bank: Bank, count: int) -> tuple[object, ...]:
    state = "deleted" if bank.deleted_at else "on" if bank.is_enabled else "off"
    actions = ",".join(bank.actions)
    return (bank.name, bank.category, actions, bank.limit_bits, bank.crops, count, state)


COMMANDS = (
    (create, "create", "\b\nExample:\n  nahmi bank create KNOWN --category test --crops centre"),
    (list_, "list", None),
    (show, "show", None),
    (update, "update", "\b\nExample:\n  nahmi bank update KNOWN --limit 24 --disable"),
    (delete, "delete", None),
    (restore, "restore", None),
)
"""Function, name, epilog."""
