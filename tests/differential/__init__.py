"""What one combination of backends answers over HTTP, all must answer: the same script, transcripts compared."""
