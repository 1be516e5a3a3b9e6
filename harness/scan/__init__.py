"""Rules over recorded telemetry: which events each of them returns."""
