# SPDX-License-Identifier: Apache-2.0
"""The only place that joins ports to adapters."""
