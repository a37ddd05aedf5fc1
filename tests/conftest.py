# SPDX-License-Identifier: Apache-2.0
"""Property tests try the same examples in every run, and none is judged by its duration.

A search for new counterexamples: HYPOTHESIS_PROFILE=explore .venv/bin/pytest tests/property
"""

import os

from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", max_examples=10_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
