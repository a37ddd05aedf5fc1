# SPDX-License-Identifier: Apache-2.0
"""Everything that opens an outbound connection, and only to hosts that the operator named."""
