"""What a question costs: from KPI tables, from facts, and beside the same numbers written by hand."""
