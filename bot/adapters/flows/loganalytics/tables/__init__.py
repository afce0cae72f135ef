"""The tables that are known: for each its columns, how it is asked, and what a row of it says."""
