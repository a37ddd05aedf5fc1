# SPDX-License-Identifier: Apache-2.0
"""nahmi: open infrastructure to protect children online together."""
