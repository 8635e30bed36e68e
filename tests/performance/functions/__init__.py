"""Functions that do something, and where they are measured: this machine's CPython, and newer ones.

3.14 and 3.15 run in the chroot of ``tests.pythons`` (Debian's sid), by chroot(2) and without any
other isolation, so that they meet the same server under the same conditions.
"""
