# SPDX-License-Identifier: Apache-2.0
"""Query parameters that say where a click came from, not what a page shows."""

_PREFIX = "utm_"

_NAMES = frozenset(
    {
        "_ga",
        "_gl",
        "_hsenc",
        "_hsmi",
        "dclid",
        "epik",
        "fbclid",
        "gad_source",
        "gbraid",
        "gclid",
        "gclsrc",
        "igsh",
        "igshid",
        "li_fat_id",
        "mc_cid",
        "mc_eid",
        "mkt_tok",
        "msclkid",
        "mtm_campaign",
        "oly_anon_id",
        "oly_enc_id",
        "rb_clickid",
        "s_cid",
        "sccid",
        "srsltid",
        "ttclid",
        "twclid",
        "vero_id",
        "wbraid",
        "wickedid",
        "yclid",
    }
)


def is_tracking(parameter: str) -> bool:
    """Whether a parameter, `name` or `name=value` in normalised encoding, only tracks.

    The list is short on purpose: a parameter that is dropped although the page depends on it
    would make two pages one signal. Names are those that the large advertising and mailing
    services document for their own links.
    """
    name = parameter.partition("=")[0].lower()
    return name in _NAMES or name.startswith(_PREFIX)
