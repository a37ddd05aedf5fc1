# SPDX-License-Identifier: Apache-2.0
"""The schema, one version at a time: each file of `versions` leads to the next one.

A new version is a new file `vNNNN_name.py`, numbered without a gap, that speaks through `steps`.
"""

from nahmi.store.sql.migrations.running import newest_version, stamp, upgrade

__all__ = ["newest_version", "stamp", "upgrade"]
