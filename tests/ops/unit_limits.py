# Runs a program under the limits of a unit file, as far as they need no systemd: SystemCallFilter=
# (expanded by `systemd-analyze syscall-filter`, put in force by libseccomp), LimitNOFILE=,
# LimitMEMLOCK=, LimitCORE=, no new privileges, and as root: another user without capabilities.
#
#   unit_limits.py UNIT UID PROGRAM WORD...
# SPDX-License-Identifier: MIT
import ctypes
import errno
import os
import re
import resource
import subprocess
import sys

unit, uid, words = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
settings = [line.split('=', 1) for line in open(unit, encoding='utf-8').read().split('\n')
            if re.match(r'[A-Za-z]+=', line)]


def expand(name):
    if not name.startswith('@'):
        return {name}
    said = subprocess.run(['systemd-analyze', 'syscall-filter', name], capture_output=True,
                          text=True, check=True).stdout
    inside = [line.strip() for line in said.split('\n')[1:]]
    return set().union(*(expand(word) for word in inside if word and not word.startswith('#')))


def allowed():
    calls = expand('@default')
    for value in (value for name, value in settings if name == 'SystemCallFilter'):
        named = set().union(*(expand(word) for word in value.lstrip('~').split()))
        calls = calls - named if value.startswith('~') else calls | named
    return calls


def size(text):
    scale = {'K': 1 << 10, 'M': 1 << 20, 'G': 1 << 30}
    return int(text[:-1]) * scale[text[-1]] if text[-1] in scale else int(text)


def confine(calls):
    library = ctypes.CDLL('libseccomp.so.2', use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
    library.seccomp_rule_add.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint]
    library.seccomp_load.argtypes = [ctypes.c_void_p]
    refuse, allow = 0x00050000 | errno.EPERM, 0x7FFF0000
    filter_of = library.seccomp_init(refuse)
    for call in calls:
        number = library.seccomp_syscall_resolve_name(call.encode())
        if number >= 0:
            library.seccomp_rule_add(filter_of, allow, number, 0)
    if library.seccomp_load(filter_of) != 0:
        sys.exit('cannot put the filter in force')


calls = allowed()
for name, value in settings:
    if name.startswith('Limit'):
        which = getattr(resource, 'RLIMIT_' + name[len('Limit'):])
        hard = resource.getrlimit(which)[1]  # a container's root may not raise it
        most = size(value) if hard == resource.RLIM_INFINITY else min(size(value), hard)
        resource.setrlimit(which, (most, most))
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
PR_SET_NO_NEW_PRIVS = 38
ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
confine(calls)
os.execv(words[0], words)
