"""Load: deliveries by the clock beside busy workers, reviews one at a time and all at once, and a worker's memory."""
