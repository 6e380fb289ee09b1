"""Installation, operation and performance qualification of the engine: `ldn qualify`."""
