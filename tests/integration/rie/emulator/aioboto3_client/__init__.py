"""A client with packages of its own, in a process of its own."""
