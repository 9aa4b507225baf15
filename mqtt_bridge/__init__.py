"""What the clinic network gets: topics, delivery, and the reference consumer."""
