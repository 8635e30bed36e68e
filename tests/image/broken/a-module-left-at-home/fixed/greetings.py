TEXT = "it runs"
