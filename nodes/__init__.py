"""Node types: one file or folder for each, found by the registry. They know no Kafka, no Avro and no Postgres."""
