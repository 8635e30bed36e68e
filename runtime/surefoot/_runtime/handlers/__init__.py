"""From a handler's name to something that can be called."""
