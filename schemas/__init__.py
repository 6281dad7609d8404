"""What is on each topic: the Avro schemas with their ids, the topics, the codec, and the check of compatibility."""
