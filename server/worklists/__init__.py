"""What the departments have to do: each its part of an accepted intake, as data."""
