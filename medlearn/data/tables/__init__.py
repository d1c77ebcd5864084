"""Tables: one row a case."""
