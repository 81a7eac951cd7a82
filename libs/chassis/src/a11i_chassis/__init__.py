"""What every a11i service needs once: settings, logging, metrics, errors, gRPC server and client kit, health, shutdown."""
