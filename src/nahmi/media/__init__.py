# SPDX-License-Identifier: Apache-2.0
"""Decoders of untrusted files, in sandboxed worker processes.

`SandboxedFingerprinter` is the way in. The other modules run inside the workers, where a damaged or
hostile file can do no harm.
"""

from nahmi.media.limits import MediaLimits
from nahmi.media.pool import SandboxedFingerprinter

__all__ = ["MediaLimits", "SandboxedFingerprinter"]
