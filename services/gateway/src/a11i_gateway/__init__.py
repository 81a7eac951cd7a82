"""The gateway: the public reads of the gRPC services as REST."""
