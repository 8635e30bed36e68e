"""What is known of the network comes from AWS here: clients, and describe calls."""
