// SPDX-License-Identifier: Apache-2.0
// The parts of the sandbox; sandbox.h is what others use.
#pragma once

// Refuses all files but those below `paths`, which may be read. Returns whether the system did it.
int nahmi_sandbox_files(const char *const *paths);
