"""Every test of surefoot; a package, so that tests import their helpers as `tests.support`."""
