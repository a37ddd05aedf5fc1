# SPDX-License-Identifier: Apache-2.0
"""The parts of `nahmi circle`: founding and joining, members, saying, looking, proving."""
