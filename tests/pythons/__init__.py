"""The tests on other interpreters: those of this machine, and the newest ones of Debian's sid."""
