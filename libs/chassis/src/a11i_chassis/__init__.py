"""What every a11i service needs once: settings, logs, metrics, errors, gRPC server and client kit, shutdown."""
