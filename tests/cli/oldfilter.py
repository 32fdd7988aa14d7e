#!/usr/bin/python3
"""oldfilter.py ERRNO COMMAND...: runs a command under a seccomp filter that is older than the kernel, as some
container engines have it: it knows no call of Linux 5.6 or later and answers each of them with that errno."""
# SPDX-License-Identifier: MIT
import ctypes
import os
import sys

FIRST_UNKNOWN = 437  # openat2; from here on the numbers are the same on all architectures
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD_NUMBER, JUMP_IF_AT_LEAST, RETURN = 0x20, 0x35, 0x06
ALLOW, FAIL = 0x7FFF0000, 0x00050000


class Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("value", ctypes.c_uint)]


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(Instruction))]


rows = [(LOAD_NUMBER, 0, 0, 0), (JUMP_IF_AT_LEAST, 0, 1, FIRST_UNKNOWN), (RETURN, 0, 0, FAIL | int(sys.argv[1])),
        (RETURN, 0, 0, ALLOW)]
program = Program(len(rows), (Instruction * len(rows))(*rows))
prctl = ctypes.CDLL(None, use_errno=True).prctl
if prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0):
    sys.exit(os.strerror(ctypes.get_errno()))
os.execvp(sys.argv[2], sys.argv[2:])
