"""The policy of bills: rules, what they select, and the exceptions to them."""
