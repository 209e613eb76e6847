"""Setting up: what a new business begins with."""
