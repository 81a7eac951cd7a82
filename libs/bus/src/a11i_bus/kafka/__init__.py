"""The bus on Apache Kafka: `a11i_bus.kafka.bus.open_kafka`."""
