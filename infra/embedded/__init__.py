"""The embedded stack: a real Kafka and a real Postgres from packages alone, and who looks after them."""
