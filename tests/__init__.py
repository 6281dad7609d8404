"""The tests. A package, so that tests in different folders can share what stands directly in here."""
