"""What a visit leaves behind: the record, and the one database that keeps it until the clinic has it."""
