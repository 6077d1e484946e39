"""What differs between two bills, and by which way each package came into the product."""
