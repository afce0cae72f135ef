"""The only orchestration: one use case per module. Each is: load, pure decision, audit, effect, audit, say."""
