"""Health, readiness and metrics, and the routes that other adapters bring, in one aiohttp application."""
