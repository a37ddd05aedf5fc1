# SPDX-License-Identifier: Apache-2.0
"""The command line: thin commands, one file each, loaded when they are called."""
