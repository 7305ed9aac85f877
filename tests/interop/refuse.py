"""Runs a program to which the system refuses some calls, as a sandbox does.

Usage: refuse.py CALL[:ERROR],… PROGRAM [ARGUMENT…]

A filter of Linux's seccomp answers these calls with an error number, EPERM if none is given; the
program inherits the filter.
"""

import ctypes
import os
import platform
import struct
import sys

NUMBERS = {
    "x86_64": {"recvmmsg": 299, "sendmmsg": 307, "socket": 41},
    "aarch64": {"recvmmsg": 243, "sendmmsg": 269, "socket": 198},
}
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
RET_ERRNO, RET_ALLOW, EPERM = 0x0005_0000, 0x7FFF_0000, 1
LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]


def step(code, if_true, if_false, value):
    return struct.pack("=HBBI", code, if_true, if_false, value)


def main():
    numbers = NUMBERS[platform.machine()]
    steps = [step(LOAD_WORD, 0, 0, 0)]
    for refused in sys.argv[1].split(","):
        call, _, error = refused.partition(":")
        answer = RET_ERRNO | int(error or EPERM)
        steps += [step(JUMP_IF_EQUAL, 0, 1, numbers[call]), step(RETURN, 0, 0, answer)]
    steps.append(step(RETURN, 0, 0, RET_ALLOW))
    program = Program(len(steps), b"".join(steps))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        sys.exit("cannot give up privileges")
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        sys.exit("cannot filter calls: " + os.strerror(ctypes.get_errno()))
    os.execvp(sys.argv[2], sys.argv[2:])


main()
