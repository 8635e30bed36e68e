"""Scheduled scaling: brings databases, services and groups to the state that a step wants."""
