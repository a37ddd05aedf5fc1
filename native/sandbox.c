// SPDX-License-Identifier: Apache-2.0
// The filter refuses system calls by name rather than allowing a list of them: allocators, threads
// and clocks of a dozen libraries would make that list long and brittle. Refused are all calls that
// reach out of the process: files by path, sockets, other processes, kernel interfaces with a
// history of flaws. What was open when the process entered stays usable.
#define _GNU_SOURCE
#include "sandbox.h"

#include "sandbox_layers.h"

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

// Numbers that older headers do not have; they are the same on both architectures.
enum {
    CALL_CLONE3 = 435,
    CALL_OPENAT2 = 437,
    CALL_PIDFD_OPEN = 434,
    CALL_PIDFD_GETFD = 438,
    CALL_IO_URING_SETUP = 425,
    CALL_IO_URING_ENTER = 426,
    CALL_IO_URING_REGISTER = 427,
    CALL_PIDFD_SEND_SIGNAL = 424,
    CALL_OPEN_TREE = 428,
    CALL_MOVE_MOUNT = 429,
    CALL_FSOPEN = 430,
    CALL_FSPICK = 433,
    CALL_PROCESS_MADVISE = 440,
    CALL_MOUNT_SETATTR = 442,
    CALL_FCHMODAT2 = 452,
    CALL_SETXATTRAT = 463,
    CALL_REMOVEXATTRAT = 466,
    X32_CALLS = 0x40000000,
};

// What a process that talks to other machines needs, within bounds.
static const uint32_t reaching[] = {
    SYS_openat, SYS_socket, SYS_socketpair, SYS_connect, SYS_bind,
#if defined(__x86_64__)
    SYS_open,
#endif
};

static const uint32_t refused[] = {
    // files by path
    CALL_OPENAT2, SYS_unlinkat, SYS_renameat, SYS_renameat2, SYS_linkat, SYS_symlinkat,
    SYS_mkdirat, SYS_mknodat, SYS_fchmodat, SYS_fchownat, SYS_truncate, SYS_chroot, SYS_chdir,
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_execve, SYS_execveat, CALL_OPEN_TREE,
    CALL_MOVE_MOUNT, CALL_FSOPEN, CALL_FSPICK, CALL_MOUNT_SETATTR,
    // the caller's file itself: its owner may do these even where it is open for reading only
    SYS_fchmod, SYS_fchown, CALL_FCHMODAT2, SYS_ftruncate, SYS_fallocate, SYS_utimensat,
    SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr, CALL_SETXATTRAT, SYS_removexattr,
    SYS_lremovexattr, SYS_fremovexattr, CALL_REMOVEXATTRAT,
    // other machines and processes
    SYS_listen, SYS_accept, SYS_accept4,
    SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo,
    CALL_PIDFD_SEND_SIGNAL, CALL_PROCESS_MADVISE, SYS_setpriority, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,
    SYS_kcmp, SYS_setns, SYS_unshare, CALL_PIDFD_OPEN, CALL_PIDFD_GETFD, SYS_shmget, SYS_msgget,
    SYS_semget, SYS_mq_open,
    // kernel interfaces
    SYS_bpf, SYS_perf_event_open, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_userfaultfd,
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_swapon,
    SYS_swapoff, SYS_acct, SYS_quotactl, SYS_name_to_handle_at, SYS_open_by_handle_at,
    CALL_IO_URING_SETUP, CALL_IO_URING_ENTER, CALL_IO_URING_REGISTER, SYS_fanotify_init,
    SYS_inotify_init1, SYS_memfd_create, SYS_personality, SYS_setuid, SYS_setgid, SYS_setreuid,
    SYS_setresuid, SYS_setgroups, SYS_sethostname, SYS_settimeofday, SYS_clock_settime,
#if defined(__x86_64__)
    // older forms of the above
    SYS_creat, SYS_unlink, SYS_rename, SYS_link, SYS_symlink, SYS_mkdir, SYS_rmdir,
    SYS_mknod, SYS_chmod, SYS_chown, SYS_lchown, SYS_fork, SYS_vfork, SYS_inotify_init, SYS_iopl,
    SYS_ioperm, SYS_modify_ldt, SYS_uselib, SYS_utime, SYS_utimes, SYS_futimesat,
#endif
};

enum {
    REACHING = sizeof reaching / sizeof *reaching,
    CALLS = sizeof refused / sizeof *refused,
    MOST_INSTRUCTIONS = 2 * (REACHING + CALLS) + 48,
    WRITING = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC,
};

#define LOAD(field) \
    (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define SKIP_UNLESS(value, count) \
    (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (count))
#define ANSWER(value) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, (value))

static unsigned refuse(struct sock_filter *f, const uint32_t *calls, unsigned count) {
    unsigned n = 0;
    for (unsigned i = 0; i < count; i++) {
        f[n++] = SKIP_UNLESS(calls[i], 1);
        f[n++] = ANSWER(SECCOMP_RET_ERRNO | EPERM);
    }
    return n;
}

// Opening is for reading, whatever the path.
static unsigned refuse_writing(struct sock_filter *f, uint32_t call, unsigned flags) {
    unsigned n = 0;
    f[n++] = SKIP_UNLESS(call, 4);
    f[n++] = LOAD(args[flags]);
    f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, WRITING, 0, 1);
    f[n++] = ANSWER(SECCOMP_RET_ERRNO | EPERM);
    f[n++] = ANSWER(SECCOMP_RET_ALLOW);
    return n;
}

// Sockets lead to other machines, never to services of this one that trust its users. The resolver
// asks the kernel for addresses (netlink).
static unsigned refuse_local_sockets(struct sock_filter *f) {
    unsigned n = 0;
    f[n++] = SKIP_UNLESS(SYS_socket, 6);
    f[n++] = LOAD(args[0]);
    f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 3, 0);
    f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 2, 0);
    f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 1, 0);
    f[n++] = ANSWER(SECCOMP_RET_ERRNO | EPERM);
    f[n++] = ANSWER(SECCOMP_RET_ALLOW);
    return n;
}

static unsigned write_filter(struct sock_filter *f, int may_reach) {
    unsigned n = 0;
    f[n++] = LOAD(arch);
    f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
    f[n++] = ANSWER(SECCOMP_RET_KILL_PROCESS);
    f[n++] = LOAD(nr);
#if defined(__x86_64__)
    f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_CALLS, 0, 1);
    f[n++] = ANSWER(SECCOMP_RET_KILL_PROCESS);
#endif
    n += refuse(f + n, refused, CALLS);
    if (may_reach) {
        n += refuse_writing(f + n, SYS_openat, 2);
#if defined(__x86_64__)
        n += refuse_writing(f + n, SYS_open, 1);
#endif
        n += refuse_local_sockets(f + n);
    } else {
        n += refuse(f + n, reaching, REACHING);
    }
    // clone3 hides its flags from filters; as if it did not exist, libraries use clone.
    f[n++] = SKIP_UNLESS(CALL_CLONE3, 1);
    f[n++] = ANSWER(SECCOMP_RET_ERRNO | ENOSYS);
    // Threads, yes; processes, no.
    f[n++] = SKIP_UNLESS(SYS_clone, 4);
    f[n++] = LOAD(args[0]);
    f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0);
    f[n++] = ANSWER(SECCOMP_RET_ERRNO | EPERM);
    f[n++] = ANSWER(SECCOMP_RET_ALLOW);
    // Its own limits, yes (process 0 is the caller); those of others, no.
    f[n++] = SKIP_UNLESS(SYS_prlimit64, 4);
    f[n++] = LOAD(args[0]);
    f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
    f[n++] = ANSWER(SECCOMP_RET_ERRNO | EPERM);
    f[n++] = ANSWER(SECCOMP_RET_ALLOW);
    f[n++] = ANSWER(SECCOMP_RET_ALLOW);
    return n;
}

static int filter_calls(int may_reach) {
    struct sock_filter instructions[MOST_INSTRUCTIONS];
    struct sock_fprog program = {(unsigned short)write_filter(instructions, may_reach),
                                 instructions};
    // TSYNC: threads that libraries have started already are locked in too.
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0
               ? NAHMI_LAYER_SYSTEM_CALLS
               : 0;
}

int nahmi_sandbox_enter(void) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return 0;
    return NAHMI_LAYER_NO_NEW_PRIVILEGES | filter_calls(0);
}

int nahmi_sandbox_confine(const char *const *paths) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return 0;
    const int files = nahmi_sandbox_files(paths) ? NAHMI_LAYER_FILES : 0;
    return NAHMI_LAYER_NO_NEW_PRIVILEGES | files | filter_calls(1);
}

#else

int nahmi_sandbox_enter(void) { return 0; }

int nahmi_sandbox_confine(const char *const *paths) {
    (void)paths;
    return 0;
}

#endif
