// SPDX-License-Identifier: Apache-2.0
// Locks the calling process in: what it needs is open already, so it may open nothing more.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

enum {
    NAHMI_LAYER_NO_NEW_PRIVILEGES = 1,  // no set-user-id program can lift the limits
    NAHMI_LAYER_SYSTEM_CALLS = 2,       // no files, sockets, processes, tracing
};

// Takes effect for the whole process and cannot be undone. Returns the layers that are in force,
// 0 on systems that have none.
int nahmi_sandbox_enter(void);

#ifdef __cplusplus
}
#endif
