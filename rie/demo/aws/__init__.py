"""AWS on this machine for demos and tests: moto's server, and resources in it."""
