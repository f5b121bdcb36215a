"""The only code that knows Delta, object stores and the Glue catalog."""
