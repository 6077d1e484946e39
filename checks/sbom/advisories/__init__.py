"""What is known against packages, how bad it is, and what was said to make up for it (VEX)."""
