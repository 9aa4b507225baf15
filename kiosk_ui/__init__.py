"""What people see, hear and touch: thin widgets over the flow that the station runs."""
