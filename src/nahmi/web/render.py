# SPDX-License-Identifier: Apache-2.0
"""A page from what it shows: one view, one template.

Templates may loop and ask yes or no, no more. They cannot print a bare text: each must say what it
is, `|isolated`, `|code`, `|in_attribute` or `|as_typed`, or be a word or a figure. So no text of
others reaches a page in a way that nobody thought about.
"""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from nahmi.web import charts
from nahmi.web.assets import asset_address
from nahmi.web.chrome import Chrome
from nahmi.web.isolation import arabic_code, as_moment, as_typed, code, in_attribute, isolated
from nahmi.web.labels import Labels
from nahmi.web.navigation import menu
from nahmi.web.paths import is_own, to, with_query
from nahmi.web.views.base import View
from nahmi.web.words import LANGUAGE_NAMES, LANGUAGES, words_of
from nahmi.web.writing import Writing


def render(view: View, chrome: Chrome) -> str:
    """The HTML of a page.

    Args:
        view: What it shows.
        chrome: What surrounds it.

    Raises:
        KeyError: The template uses a word that is not there.
        TypeError: The template prints a text without saying what kind of text it is.
    """
    words = words_of(chrome.language)
    return (
        _environment()
        .get_template(view.template)
        .render(
            view=view,
            chrome=chrome,
            t=words,
            writes=Writing(chrome.language),
            direction=words.direction,
            labels=Labels(words),
            menu=menu(chrome.reader.permissions) if chrome.reader else {},
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("nahmi.web"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        finalize=_deliberate,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "isolated": isolated,
        "code": code,
        "arabic_code": arabic_code,
        "in_attribute": in_attribute,
        "as_moment": as_moment,
        "as_typed": as_typed,
        "own_path": lambda path: in_attribute(path if is_own(path) else to()),
    }
    environment.globals |= {
        "to": lambda *parts: Markup(to(*parts)),  # noqa: S704 - percent-encoded
        "with_query": lambda path, query: in_attribute(with_query(path, query)),
        "asset": lambda name: Markup(asset_address(name)),  # noqa: S704 - our own file name
        "charts": charts,
        "languages": [(language, LANGUAGE_NAMES[language]) for language in LANGUAGES],
    }
    return environment


def _deliberate(value: object) -> object:
    """Refuse a text of which the template does not say what it is."""
    if isinstance(value, str) and not isinstance(value, Markup):
        raise TypeError("A template printed a bare text; name its kind with a filter.")
    return value
