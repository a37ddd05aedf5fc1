# SPDX-License-Identifier: Apache-2.0
"""Categories and the codes that others have for them."""

from collections.abc import Sequence

import typer

from nahmi.bootstrap import open_node
from nahmi.cli.options import Json, choice, emit, table
from nahmi.core.bank import Category
from nahmi.core.taxonomy import CATEGORIES, category_of_ncmec
from nahmi.errors import ErrorCode, InputError
from nahmi.protect.bank_rules import tidy_labels, ucs_labels
from nahmi.protect.category_rules import CategoryRules


def categories(ctx: typer.Context, *, as_json: Json = False) -> None:
    """List the categories, with NCMEC's codes and this node's labels of the UCS."""
    with open_node(ctx.obj, read_only=True) as node:
        rules = node.folder.category_rules()
    if as_json:
        rows = [
            {
                "category": category,
                "label_en": info.label_en,
                "label_ar": info.label_ar,
                "ncmec": info.ncmec,
                "ucs": rules.labels_of(category),
            }
            for category, info in CATEGORIES.items()
        ]
        emit("categories/1", {"categories": rows})
        return
    head = ("CATEGORY", "NAME", "NCMEC", "UCS")
    table([head, *(_row(category, rules) for category in CATEGORIES)])


def _row(category: Category, rules: CategoryRules) -> tuple[object, ...]:
    info = CATEGORIES[category]
    written = " or ".join(" + ".join(labels) for labels in rules.labels_of(category))
    return (category, info.label_en, info.ncmec or "-", written or "-")


def category_named(text: str) -> Category:
    """A category by its name or by NCMEC's code.

    Raises:
        InputError: INPUT_INVALID, with the names that are allowed.
    """
    by_code = category_of_ncmec(text)
    found: Category = by_code or choice(text, Category, "A category")
    return found


def agreed_category(
    named: Category | None, labels: Sequence[str], rules: CategoryRules
) -> Category:
    """The category of a new bank, from what was named and what its labels mean.

    Args:
        named: What the curator said, if anything.
        labels: Of the bank; those of the Universal Classification Schema count.
        rules: What they mean on this node.

    Raises:
        InputError: INPUT_INVALID: nothing was named and the labels mean no category, or the two
            contradict each other.
    """
    schema = ucs_labels(tidy_labels(labels))
    if not schema:
        return named or Category.TEST
    if named is None:
        return rules.category_of(schema)
    if (meant := rules.meaning(schema)) not in {None, named}:
        raise InputError(
            ErrorCode.INPUT_INVALID,
            f"The category is {named}, but the labels mean {meant}.",
            hint="Leave one of the two out.",
        )
    return named


COMMANDS = ((categories, "categories", "\b\nExample:\n  nahmi bank categories --json"),)
"""Function, name, epilog."""
