# SPDX-License-Identifier: Apache-2.0
"""Which category a set of labels of the Universal Classification Schema stands for.

The schema describes content by several labels at once (what it shows, who is in it), where a
bank has one category. An operator who holds the schema writes down which labels together mean
which category; nothing is guessed where the rules are silent.
"""

import tomllib
from collections.abc import Iterable
from typing import Self

import msgspec

from nahmi.core.bank import Category
from nahmi.core.taxonomy import UcsLabel
from nahmi.errors import ErrorCode, InputError

MAX_RULES = 1_000
"""Rules that a mapping may hold."""


class _MappingFile(msgspec.Struct, forbid_unknown_fields=True):
    ucs_version: str
    categories: dict[Category, list[list[str]]]


class CategoryRules(msgspec.Struct, frozen=True):
    """An operator's rules.

    Attributes:
        rules: For each set of labels the category that they mean together.
    """

    rules: dict[frozenset[UcsLabel], Category]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read rules from TOML.

        Args:
            text: `ucs_version` and a table `categories`; under each category a list of rules,
                a rule being a list of labels `SECTION:CODE` that must all be there.

        Raises:
            InputError: INPUT_INVALID: not such a file, a label is not one, a rule is empty, two
                categories claim the same labels, or there are more than `MAX_RULES`.
        """
        file = _decode(text)
        rules: dict[frozenset[UcsLabel], Category] = {}
        for category, sets in file.categories.items():
            for written in sets:
                labels = frozenset(_label(file.ucs_version, item) for item in written)
                if not labels:
                    raise _invalid(f"A rule for {category} names no label.")
                if rules.setdefault(labels, category) is not category:
                    raise _invalid(f"{rules[labels]} and {category} claim the same labels.")
        if len(rules) > MAX_RULES:
            raise _invalid(f"There are more than {MAX_RULES} rules.")
        return cls(rules)

    def category_of(self, labels: Iterable[UcsLabel]) -> Category:
        """The category that labels stand for: that of the rule with the most of them.

        Args:
            labels: At least one; those that no rule names do not count.

        Raises:
            InputError: INPUT_INVALID: no rule is satisfied, or equally good ones disagree.
        """
        given = frozenset(labels)
        best = self._best(given)
        if len(best) == 1:
            return best.pop()
        found = "Several categories fit" if best else "No category is mapped to"
        raise InputError(
            ErrorCode.INPUT_INVALID,
            f"{found} these labels of the Universal Classification Schema.",
            hint="Name the category, or add a rule to ucs.toml in the node's folder.",
        )

    def meaning(self, labels: Iterable[UcsLabel]) -> Category | None:
        """As `category_of`, but None where the rules are silent or disagree."""
        best = self._best(frozenset(labels))
        return best.pop() if len(best) == 1 else None

    def _best(self, given: frozenset[UcsLabel]) -> set[Category]:
        fitting = {needed: category for needed, category in self.rules.items() if needed <= given}
        most = max(map(len, fitting), default=0)
        return {category for needed, category in fitting.items() if len(needed) == most}

    def labels_of(self, category: Category) -> tuple[tuple[str, ...], ...]:
        """The sets of labels that mean `category`, as written, in order."""
        sets = (needed for needed, meant in self.rules.items() if meant is category)
        return tuple(sorted(tuple(sorted(map(str, needed))) for needed in sets))


def _decode(text: str) -> _MappingFile:
    try:
        return msgspec.convert(tomllib.loads(text), _MappingFile)
    except tomllib.TOMLDecodeError as error:
        raise _invalid(f"It is not TOML: {error}.") from error
    except msgspec.ValidationError as error:
        raise _invalid(f"{error}.") from error


def _label(version: str, text: str) -> UcsLabel:
    label = UcsLabel.parse(f"ucs:{version}:{text}")
    if label is None:
        raise _invalid(f"'{text}' is not a label of version '{version}'.")
    return label


def _invalid(detail: str) -> InputError:
    return InputError(
        ErrorCode.INPUT_INVALID,
        f"The mapping of the Universal Classification Schema cannot be used. {detail}",
        hint="docs/reference/banks.md shows a mapping.",
    )
