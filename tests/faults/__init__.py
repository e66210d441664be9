"""The store fails in every way that is known, under load, and nobody gets someone else's reply."""
