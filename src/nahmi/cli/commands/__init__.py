# SPDX-License-Identifier: Apache-2.0
"""One command a file; `nahmi.cli.app` loads the one that is called."""
