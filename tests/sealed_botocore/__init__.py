"""Botocore's own tests, with its modules, patterns and models served from a sealed file."""
