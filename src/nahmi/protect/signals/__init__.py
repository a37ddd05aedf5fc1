# SPDX-License-Identifier: Apache-2.0
"""The signal types that nahmi ships."""
