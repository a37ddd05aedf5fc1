// SPDX-License-Identifier: Apache-2.0
// Which files a process may read, by Landlock: a filter of system calls sees no paths.
#define _GNU_SOURCE
#include "sandbox_layers.h"

#if defined(__linux__)

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Numbers and names that older headers do not have; they are the same on all architectures.
enum {
    CALL_CREATE_RULESET = 444,
    CALL_ADD_RULE = 445,
    CALL_RESTRICT_SELF = 446,
    WANT_VERSION = 1,
    RULE_PATH_BENEATH = 1,
    MAY_READ_FILE = 1 << 2,
    MAY_READ_FOLDER = 1 << 3,
    RIGHTS_SINCE_1 = (1 << 13) - 1,  // what the first version knows, from executing to linking
    RIGHT_REFER = 1 << 13,           // since version 2: moving files between folders
    RIGHT_TRUNCATE = 1 << 14,        // since version 3
    RIGHT_DEVICE = 1 << 15,          // since version 5: asking devices
};

struct handled {
    uint64_t rights;
};

struct below {
    uint64_t rights;
    int32_t folder;
} __attribute__((packed));

static uint64_t known_rights(long version) {
    uint64_t rights = RIGHTS_SINCE_1;
    if (version >= 2) rights |= RIGHT_REFER;
    if (version >= 3) rights |= RIGHT_TRUNCATE;
    if (version >= 5) rights |= RIGHT_DEVICE;
    return rights;
}

static void let_read(int rules, const char *path) {
    struct below rule = {.rights = MAY_READ_FILE, .folder = open(path, O_PATH | O_CLOEXEC)};
    struct stat about;
    if (rule.folder < 0) return;
    if (fstat(rule.folder, &about) == 0 && S_ISDIR(about.st_mode)) rule.rights |= MAY_READ_FOLDER;
    syscall(CALL_ADD_RULE, rules, RULE_PATH_BENEATH, &rule, 0);
    close(rule.folder);
}

int nahmi_sandbox_files(const char *const *paths) {
    const long version = syscall(CALL_CREATE_RULESET, NULL, 0, WANT_VERSION);
    if (version < 1) return 0;
    const struct handled handled = {known_rights(version)};
    const int rules = (int)syscall(CALL_CREATE_RULESET, &handled, sizeof handled, 0);
    if (rules < 0) return 0;
    for (; *paths; paths++) let_read(rules, *paths);
    const int is_restricted = syscall(CALL_RESTRICT_SELF, rules, 0) == 0;
    close(rules);
    return is_restricted;
}

#else

int nahmi_sandbox_files(const char *const *paths) {
    (void)paths;
    return 0;
}

#endif
