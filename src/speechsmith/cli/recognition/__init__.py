"""What `spx recognize` is made of: where sound comes from, and the forms in which the answer is written."""
