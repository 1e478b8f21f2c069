"""Policy rules as predicates over facts, on a date."""
