"""Questions about metrics compiled to SQL."""
