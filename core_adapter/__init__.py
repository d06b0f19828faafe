"""The door to the core residence system: ports, adapters, conformance kit and the sandbox core."""
