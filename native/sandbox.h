// SPDX-License-Identifier: Apache-2.0
// Locks the calling process in: what it needs is open already, so it may open nothing more. Or only
// confines it, when its work is to talk to other machines.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

enum {
    NAHMI_LAYER_NO_NEW_PRIVILEGES = 1,  // no set-user-id program can lift the limits
    NAHMI_LAYER_SYSTEM_CALLS = 2,       // no files, sockets, processes, tracing
    NAHMI_LAYER_FILES = 4,              // no files but those that were named
};

// Takes effect for the whole process and cannot be undone. Returns the layers that are in force,
// 0 on systems that have none.
int nahmi_sandbox_enter(void);

// As above, but calls to other machines and reading files by path are left: below `paths`, which
// ends with a null pointer, and nowhere else where the system can tell. Paths that are not there are
// passed over. Files are confined for the calling thread and those that it starts.
int nahmi_sandbox_confine(const char *const *paths);

#ifdef __cplusplus
}
#endif
