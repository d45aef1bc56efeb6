"""A cluster on loopback: Temporal's development server, an object store, the sandbox and workers, for demo and tests."""
