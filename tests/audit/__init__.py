"""The audit: stated errors of thousands of random networks against an independent reference."""
