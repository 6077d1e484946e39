"""From two bills and what is known of their packages to a verdict: findings weighed, excused and summed."""
