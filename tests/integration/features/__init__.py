"""What surefoot adds to awslambdaric, end to end: a real process, a scripted Runtime API."""
