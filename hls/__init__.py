"""What the machine is made of: Amaranth components, each with its ports, latency and throughput stated."""
