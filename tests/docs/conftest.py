# SPDX-License-Identifier: Apache-2.0
"""Makes `pages` importable by its neighbours."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
