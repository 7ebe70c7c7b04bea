"""QuickBooks: what our documents become in the bookkeeper's program."""
