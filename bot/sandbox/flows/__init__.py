"""Where flows are known, as servers on this machine: a Hubble Relay over gRPC."""
