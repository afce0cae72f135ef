"""Pictures of who talks to whom, drawn in a program of their own: `drawer` is on our side, `program` on its."""
