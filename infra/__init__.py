"""The only code that opens a connection: settings, Kafka, Postgres, and the embedded stack that runs both."""
