"""A cluster on loopback: Temporal's development server, an object store, a service and workers, for demo and tests."""
