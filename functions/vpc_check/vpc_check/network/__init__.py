"""What the network does with a packet, worked out from facts; no I/O."""
