"""What a metric means, and how a question about it becomes SQL."""
