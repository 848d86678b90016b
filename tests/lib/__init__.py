"""What the integration tests and the demo share: servers, clients, the daemon."""
