# SPDX-License-Identifier: Apache-2.0
"""Where NCMEC's hash sharing is: environments differ in who may read and in what they hold."""

from enum import StrEnum
from typing import Final


class Environment(StrEnum):
    """Which holdings are shared with whom; names as the program uses them."""

    INDUSTRY = "Industry"
    INDUSTRY_EXPLOITATIVE = "Industry_Exploitative"
    LAW_ENFORCEMENT = "LawEnforcement"
    NGO = "NGO"
    EXPLOITATIVE = "Exploitative"
    NGO_GENERATIVE_AI = "NGO_Generative_AI"
    NGO_GENERATIVE_AI_EXPLOITATIVE = "NGO_Generative_AI_Exploitative"


_HOSTS: Final = {
    Environment.INDUSTRY: ("report.cybertip.org", "exttest.cybertip.org"),
    Environment.INDUSTRY_EXPLOITATIVE: ("report.cybertip.org", "exttest.cybertip.org"),
    Environment.LAW_ENFORCEMENT: ("lesp.ncmec.org", "betalesp.ncmec.org"),
}
_NGO_HOSTS: Final = ("hashsharing.ncmec.org", "hashsharing-test.ncmec.org")
_PATHS: Final = {
    Environment.INDUSTRY: "hashsharing",
    Environment.INDUSTRY_EXPLOITATIVE: "exploitative-hashsharing",
    Environment.LAW_ENFORCEMENT: "csam-hashsharing",
    Environment.NGO: "npo",
    Environment.EXPLOITATIVE: "exploitative",
    Environment.NGO_GENERATIVE_AI: "generative-ai-csam",
    Environment.NGO_GENERATIVE_AI_EXPLOITATIVE: "generative-ai-exploitative",
}


def address_of(environment: Environment, *, is_test: bool) -> str:
    """The address of an environment, up to where `/v2` follows.

    Args:
        environment: Which.
        is_test: The one to try things out in.
    """
    host = _HOSTS.get(environment, _NGO_HOSTS)[is_test]
    return f"https://{host}/{_PATHS[environment]}"
