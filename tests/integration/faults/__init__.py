"""What the Runtime API and the network can do wrong, and what comes of it."""
