"""The standard's own judges: its conformance kit and its examples, on the real rules and the real node types."""
