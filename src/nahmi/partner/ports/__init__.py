# SPDX-License-Identifier: Apache-2.0
"""What the partner pillar needs of a store; `nahmi.store` has it, `nahmi.bootstrap` joins them."""
